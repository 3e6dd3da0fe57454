//! The activity of the services, for observers: events that were put, the rules that matched, and the deliveries.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::pattern::{Event, NearMiss, Pattern, near_misses};

/// Number of rules that are explained when no rule matches an event.
const MAX_NEAR_MISSES: usize = 3;

/// Records activity. It is called in the middle of the work, so it must be quick.
pub trait ActivitySink: Send + Sync {
    /// Records one activity.
    fn record(&self, activity: ActivityEvent);

    /// Whether anybody observes. If not, no details are collected.
    fn is_observed(&self) -> bool {
        true
    }
}

/// Drops all activity.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoActivitySink;

impl ActivitySink for NoActivitySink {
    fn record(&self, _activity: ActivityEvent) {}

    fn is_observed(&self) -> bool {
        false
    }
}

/// The rules that did not match an event, as they were then. The reasons are computed on demand.
#[derive(Clone, Debug, Default)]
pub struct UnmatchedRules(pub Arc<[(String, Pattern)]>);

impl UnmatchedRules {
    /// The rules that came nearest to a match, with the first condition that failed.
    pub fn nearest(&self, event: &str) -> Vec<NearMiss> {
        Event::parse(event).map(|event| near_misses(&self.0, &event, MAX_NEAR_MISSES)).unwrap_or_default()
    }
}

/// One activity.
#[derive(Clone, Debug)]
pub enum ActivityEvent {
    /// An event was accepted.
    EventPut {
        /// The name of the bus.
        bus: String,
        /// The `id` of the envelope.
        event_id: String,
        /// The envelope as JSON.
        event: Arc<str>,
        /// The names of the rules that matched.
        rules: Vec<String>,
        /// The rules that did not match. Empty if a rule matched or nobody observes.
        unmatched: UnmatchedRules,
    },
    /// A delivery was attempted.
    DeliveryAttempted {
        /// The `id` of the envelope, or the id of the execution of a schedule.
        event_id: String,
        /// The ARN of the rule or the schedule.
        rule_arn: String,
        /// The ARN of the target.
        target_arn: String,
        /// The number of this attempt, from 1.
        attempt: u32,
        /// Time since the event was accepted.
        age: SignedDuration,
        /// Duration of this attempt.
        latency: SignedDuration,
        /// The outcome.
        outcome: AttemptOutcome,
    },
    /// The write-ahead log could not be written. A restart may repeat a delivery.
    WalWriteFailed {
        /// The error.
        message: String,
    },
}

/// The outcome of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The target accepted it.
    Delivered,
    /// The attempt failed and will be retried.
    Retry {
        /// When it will be retried.
        at: Timestamp,
        /// The error code.
        code: String,
        /// The error message.
        message: String,
    },
    /// It was sent to the dead-letter queue.
    DeadLettered {
        /// The error code.
        code: String,
        /// The error message.
        message: String,
    },
    /// It is lost: there is no dead-letter queue, or that queue refused it.
    Dropped {
        /// The error code.
        code: String,
        /// The error message.
        message: String,
    },
}
