//! The local cloud.

pub mod activity;
pub mod arn;
pub mod aws_error;
pub mod clock;
pub mod cloud;
mod delivery;
pub mod events;
pub mod faults;
pub mod http;
mod http_api;
pub mod idle;
pub mod interfaces;
pub mod lambda;
pub mod mapping;
mod page_token;
pub mod pattern;
pub mod payments;
mod private_files;
mod request_guard;
mod rng;
pub mod schedule;
pub mod scheduler;
pub mod sqs;
pub mod template;
#[cfg(test)]
mod testing;
pub mod time_driver;
pub mod wal;
pub mod write_notifier;
