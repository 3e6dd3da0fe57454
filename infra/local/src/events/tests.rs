//! Tests of the behaviour of EventBridge, on a paused clock.

mod api;
mod archive;
mod delivery;
mod faults;
pub(crate) mod fixture;
mod input;
mod put;
mod restart;
mod scheduled_rules;
