//! The command `causeway`: what it does, so that tests can do it in their own process.

pub mod binaries;
pub mod cloud_time;
pub mod columns;
pub mod command;
pub mod command_status;
pub mod confirm;
pub mod connection;
pub mod demo;
pub mod display_name;
pub mod error_hint;
pub mod function_apps;
pub mod hints;
pub mod in_process_client;
pub mod in_process_executor;
pub mod log_lines;
pub mod nearest;
pub mod output;
pub mod preview;
pub mod samples;
pub mod time_arg;
pub mod up;
