//! The command `causeway`: what it does, so that tests can do it in their own process.

pub mod command;
pub mod connected;
pub mod demo;
pub mod ended;
pub mod handlers;
pub mod hints;
pub mod place;
pub mod screen;
pub mod up;
