//! The commands of the CLI on a stack, the local cloud with the functions of an application in this process, and what
//! both print. The application hands in its routes and the folds of its streams; see [`application`].

pub mod application;
pub mod command;
pub mod command_status;
pub mod connection;
pub mod display_name;
pub mod error_hint;
pub mod executors;
pub mod function_apps;
pub mod log_lines;
pub mod nearest;
mod outcome_text;
pub mod output;
pub mod past;
pub mod preview;
pub mod samples;
pub mod time_arg;
pub mod up;
