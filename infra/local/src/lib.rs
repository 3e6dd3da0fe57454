//! The local cloud.

pub mod aws_error;
mod chance;
pub mod clock;
pub mod cloud;
mod delivery;
pub mod events;
pub mod faults;
pub mod feed;
pub mod journal;
pub mod lambda;
mod ledger;
pub mod mapping;
pub mod pattern;
pub mod port;
pub mod ports;
pub mod quiet;
pub mod schedule;
pub mod scheduler;
pub mod sqs;
pub mod surroundings;
pub mod template;
pub mod writes;
