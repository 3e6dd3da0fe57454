//! For those who build Causeway: the catalogue of messages, a new message with its function, all checks,
//! the chaos run.
//! The house test reads the same parts, so that what a tool writes and what a test demands cannot differ.

pub mod agreement;
pub mod binaries;
pub mod catalogue;
pub mod chaos;
pub mod check;
pub mod generated;
pub mod new;
pub mod permissions;
pub mod place;
pub mod stacks;
pub mod template;
