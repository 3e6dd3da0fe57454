//! The AWS adapters of Causeway, and the Lambda loop that all functions share.
#![doc = include_str!("../README.md")]

pub mod capacity;
pub mod client;
pub mod clock;
pub mod config;
pub mod connect;
pub mod dead_letters;
pub mod dynamo;
pub mod eventbridge;
pub mod http;
pub mod lambda;
pub mod scheduler;
pub mod serve;
pub mod ses;
pub mod sqs;
pub mod telemetry;

mod sdk_error;

pub use serve::{
    serve, serve_api, serve_command, serve_http, serve_queue, serve_relay, serve_route, serve_saga, serve_views,
};

#[cfg(test)]
mod fake_wire;
#[cfg(test)]
mod fixtures;
