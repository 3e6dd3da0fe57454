//! Development tasks: generates what follows from types and routes, writes new messages, runs all checks.
//! The repository rules in `tests` use the same modules, so that what a task writes and what a test demands agree.

pub mod agreement;
pub mod asyncapi;
pub mod binaries;
pub mod board;
pub mod catalogue;
pub mod chaos;
pub mod check;
mod components;
pub mod generated;
pub mod new;
pub mod openapi;
pub mod permissions;
pub mod repo;
pub mod stacks;
pub mod template;
