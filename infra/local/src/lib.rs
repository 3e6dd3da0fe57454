//! The local cloud.

pub mod aws_error;
pub mod clock;
pub mod cloud;
pub mod events;
pub mod journal;
pub mod lambda;
pub mod mapping;
pub mod pattern;
pub mod port;
pub mod ports;
pub mod schedule;
pub mod scheduler;
pub mod sqs;
pub mod template;
