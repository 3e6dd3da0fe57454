//! EventBridge: event buses, rules, targets, archives and replays. Events are delivered to targets at least once. The state
//! is written to a write-ahead log before a request is acknowledged, so that a killed process continues where it stopped.

mod archive_store;
mod archives;
pub(crate) mod envelope;
mod input;
mod model;
mod policies;
mod put_events;
pub(crate) mod request;
mod rules;
mod service;
mod state;
mod tags;
pub(crate) mod target;
#[cfg(test)]
pub(crate) mod tests;

pub use crate::{
    activity::{ActivityEvent, ActivitySink, AttemptOutcome, NoActivitySink},
    interfaces::ServiceContext,
};
pub use service::EventBridge;
