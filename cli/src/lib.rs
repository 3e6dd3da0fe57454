//! The command `causeway`: what it does, so that tests can do it in their own process.

pub mod connected;
pub mod demo;
pub mod handlers;
pub mod hints;
pub mod up;
