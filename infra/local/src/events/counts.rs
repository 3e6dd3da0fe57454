//! How much the service did, in numbers.

use crate::activity::AttemptOutcome;

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

impl Counts {
    /// One try more, with this outcome.
    pub(super) fn tried(&mut self, outcome: &AttemptOutcome) {
        match outcome {
            AttemptOutcome::Delivered => self.delivered += 1,
            AttemptOutcome::Retry { .. } => self.retried += 1,
            AttemptOutcome::DeadLettered { .. } => self.dead_lettered += 1,
            AttemptOutcome::Dropped { .. } => self.dropped += 1,
        }
    }
}
