//! Delivery to targets, shared by the event bus and the scheduler: a delivery is attempted when it is due, retried as
//! its retry policy says, and sent to the dead-letter queue when the policy is exhausted. Deliveries that have not
//! ended are part of the service's durable state.

pub(crate) mod outbox;
pub(crate) mod planned_faults;
pub(crate) mod progress;
pub(crate) mod retry_policy;
pub(crate) mod service;
mod worker;

pub(crate) use worker::{is_idle, run};
