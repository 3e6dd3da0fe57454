//! The faults planned for a delivery. They are drawn before the first attempt and stored with the delivery, so that a
//! restart does not change them.

use jiff::{SignedDuration, Timestamp};

use crate::faults::{Faults, Kind, Part};

use super::{progress::Progress, retry_policy::RetryPolicy};

/// The mean delay of a delayed delivery.
const MEAN_DELAY: SignedDuration = SignedDuration::from_secs(4);

/// The longest delay. Two of these stay below the smallest maximum age that a retry policy may set.
const MAX_DELAY: SignedDuration = SignedDuration::from_secs(30);

/// The longest time that a delivery waits for later ones to overtake it.
const MAX_REORDER_DELAY: SignedDuration = SignedDuration::from_secs(10);

/// The most deliveries that overtake one.
const MAX_OVERTAKERS: u32 = 3;

/// The longest time between a delivery and its duplicate.
const MAX_DUPLICATE_DELAY: SignedDuration = SignedDuration::from_secs(2);

/// The faults of one delivery. Without fault injection there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlannedFaults {
    delay: SignedDuration,
    /// The number of later deliveries that arrive first.
    overtakers: u32,
    dropped: bool,
    /// The time from the delivery to its duplicate.
    duplicate_after: Option<SignedDuration>,
}

impl PlannedFaults {
    /// Draws the faults of the next delivery from a rule or schedule to a target.
    pub(crate) fn draw(faults: &Faults, part: Part, from: &str, to: &str, policy: RetryPolicy) -> Self {
        if faults.seed().is_none() {
            return Self::default();
        }
        // The last part of an ARN is the name that people know.
        let name = |arn: &str| arn.rsplit(':').next().unwrap_or(arn).to_owned();
        let subject = format!("{} to {}", name(from), name(to));
        let strike = |kind| faults.strike(kind, part, &subject);
        let mut planned = Self::default();
        if let Some(delay) = strike(Kind::Delay) {
            planned.delay = delay.about(MEAN_DELAY, MAX_DELAY);
        }
        if let Some(reorder) = strike(Kind::Reorder) {
            planned.delay += MAX_REORDER_DELAY;
            planned.overtakers = reorder.one_of(MAX_OVERTAKERS);
        }
        // A fault must not lose an event: a delivery without retries is not dropped.
        if policy.maximum_retry_attempts != Some(0) {
            planned.dropped = strike(Kind::Drop).is_some();
        }
        planned.duplicate_after = strike(Kind::Duplicate).map(|duplicate| duplicate.within(MAX_DUPLICATE_DELAY));
        planned
    }

    /// The progress with which a delivery due at this time starts, and that of its duplicate if there is one.
    pub(crate) fn initial_progress(self, due: Timestamp, mut new_number: impl FnMut() -> u64) -> Vec<Progress> {
        let later = |time: Timestamp, by| time.checked_add(by).unwrap_or(Timestamp::MAX);
        let first = Progress {
            overtakers: self.overtakers,
            dropped: self.dropped,
            ..Progress::new(new_number(), later(due, self.delay))
        };
        let duplicate = self.duplicate_after.map(|after| Progress::new(new_number(), later(first.due, after)));
        [first].into_iter().chain(duplicate).collect()
    }
}
