//! What the service tells those who watch: what was put, who wanted it, and how it arrived.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::pattern::{Event, NearMiss, Pattern, near_misses};

/// So many rules are named that did not want an event.
const MAX_NEAR_MISSES: usize = 3;

/// Somebody who watches. Told in the middle of the work, so it must be quick.
pub trait ActivitySink: Send + Sync {
    /// Takes note.
    fn record(&self, activity: ActivityEvent);

    /// Whether anybody listens: if not, nothing is gathered for them.
    fn is_observed(&self) -> bool {
        true
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoActivitySink;

impl ActivitySink for NoActivitySink {
    fn record(&self, _news: ActivityEvent) {}

    fn is_observed(&self) -> bool {
        false
    }
}

/// Rules that did not want an event, as they were at that moment. Why not is found out when somebody asks.
#[derive(Clone, Default)]
pub struct UnmatchedRules(pub Arc<[(String, Pattern)]>);

impl UnmatchedRules {
    /// Those that came nearest to wanting the event, with the first condition that failed.
    pub fn nearest(&self, event: &str) -> Vec<NearMiss> {
        Event::parse(event).map(|event| near_misses(&self.0, &event, MAX_NEAR_MISSES)).unwrap_or_default()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for UnmatchedRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names()).finish()
    }
}

impl PartialEq for UnmatchedRules {
    fn eq(&self, other: &Self) -> bool {
        self.names().eq(other.names())
    }
}

impl Eq for UnmatchedRules {}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityEvent {
    /// An event was accepted.
    EventPut {
        /// The bus.
        bus: String,
        /// The id in the envelope.
        event_id: String,
        /// The whole envelope.
        event: Arc<str>,
        /// The rules that want it; nobody gets it if there are none.
        rules: Vec<String>,
        /// The rules that were asked in vain, if nobody wants it and somebody watches.
        unmatched: UnmatchedRules,
    },
    /// A delivery was tried.
    DeliveryAttempted {
        /// The id in the envelope, or of the execution of a schedule.
        event_id: String,
        /// The rule, or the schedule.
        rule_arn: String,
        /// Who should get it.
        target_arn: String,
        /// Which try this was, from 1.
        attempt: u32,
        /// From the moment the event was accepted until now.
        age: SignedDuration,
        /// How long this try took.
        latency: SignedDuration,
        /// What came of it.
        outcome: AttemptOutcome,
    },
    /// The write-ahead log could not be written, so that a restart may repeat a delivery.
    WalWriteFailed {
        /// What the write-ahead log says.
        message: String,
    },
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The target has it.
    Delivered,
    /// It failed and will be tried again then.
    Retry {
        /// When.
        at: Timestamp,
        /// The error's code.
        code: String,
        /// What it says.
        message: String,
    },
    /// It lies in the dead-letter queue.
    DeadLettered {
        /// The error's code.
        code: String,
        /// What it says.
        message: String,
    },
    /// It is lost: there is no dead-letter queue, or it does not take the letter.
    Dropped {
        /// The error's code.
        code: String,
        /// What it says.
        message: String,
    },
}
