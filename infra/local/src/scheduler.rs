//! EventBridge Scheduler: one-time and recurring schedules, each with one target, a retry policy and a dead-letter
//! queue. A firing that was missed while the process was down happens at the next start.

mod api;
mod service;
mod state;
#[cfg(test)]
mod tests;

pub use service::Scheduler;
