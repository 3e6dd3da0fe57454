//! The command `causeway`: what it does, so that tests can do it in their own process.

pub mod asking;
pub mod binaries;
pub mod brief;
pub mod cloud_time;
pub mod columns;
pub mod command;
pub mod connected;
pub mod demo;
pub mod ended;
pub mod explained;
pub mod handlers;
pub mod hints;
pub mod log_lines;
pub mod loopback;
pub mod moment;
pub mod nearest;
pub mod place;
pub mod samples;
pub mod screen;
pub mod short;
pub mod trouble;
pub mod up;
