//! What the service tells those who watch: what was put, who wanted it, and how it arrived.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;

/// Somebody who watches. Told in the middle of the work, so it must be quick.
pub trait Feed: Send + Sync {
    /// Takes note.
    fn tell(&self, news: News);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFeed;

impl Feed for NoFeed {
    fn tell(&self, _news: News) {}
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// An event was accepted.
    Put {
        /// The bus.
        bus: String,
        /// The id in the envelope.
        event_id: String,
        /// The whole envelope.
        event: Arc<str>,
        /// The rules that want it; nobody gets it if there are none.
        rules: Vec<String>,
    },
    /// A delivery was tried.
    Tried {
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
        outcome: Outcome,
    },
    /// The journal could not be written, so that a restart may repeat a delivery.
    NotRemembered {
        /// What the journal says.
        message: String,
    },
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target has it.
    Delivered,
    /// It failed and will be tried again then.
    Again {
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

/// How often what happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events accepted.
    pub put: u64,
    /// Pairs of an event and a rule that wants it.
    pub matched: u64,
    /// Deliveries that arrived.
    pub delivered: u64,
    /// Tries that failed and are followed by another.
    pub retried: u64,
    /// Dead letters written.
    pub dead_lettered: u64,
    /// Deliveries lost for want of a queue that takes their dead letter.
    pub dropped: u64,
}
