//! What chance has in store for a delivery, known before its first try and remembered with it: so a kill changes
//! nothing of it.

use jiff::{SignedDuration, Timestamp};

use crate::faults::{Faults, Kind, Part};

use super::{progress::Progress, retry::RetryPolicy};

/// A delayed delivery is held this long on average.
const DELAY: SignedDuration = SignedDuration::from_secs(4);

/// Two of these together stay below the youngest age that a policy may set.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_secs(30);

/// A delivery waits no longer than this for others to overtake it.
const LONGEST_WAIT_FOR_OTHERS: SignedDuration = SignedDuration::from_secs(10);

/// So many may overtake one.
const MOST_OTHERS: u32 = 3;

/// The second of two comes within this time after the first.
const BETWEEN_TWO: SignedDuration = SignedDuration::from_secs(2);

/// What becomes of one delivery; without faults nothing out of the common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    held: SignedDuration,
    /// So many later ones come first.
    others_first: u32,
    dropped: bool,
    /// A second one comes this long after the first.
    copy_after: Option<SignedDuration>,
}

impl Fate {
    /// The fate of the next delivery from here to there.
    pub(crate) fn next(faults: &Faults, part: Part, from: &str, to: &str, policy: RetryPolicy) -> Self {
        if faults.seed().is_none() {
            return Self::default();
        }
        let subject = format!("{} to {}", short(from), short(to));
        let strike = |kind| faults.strike(kind, part, &subject);
        let mut fate = Self::default();
        if let Some(delay) = strike(Kind::Delay) {
            fate.held = delay.about(DELAY, LONGEST_DELAY);
        }
        if let Some(reorder) = strike(Kind::Reorder) {
            fate.held += LONGEST_WAIT_FOR_OTHERS;
            fate.others_first = reorder.one_of(MOST_OTHERS);
        }
        // Nothing is lost by a fault: what may be tried only once is not dropped.
        if policy.maximum_retry_attempts != Some(0) {
            fate.dropped = strike(Kind::Drop).is_some();
        }
        fate.copy_after = strike(Kind::Duplicate).map(|duplicate| duplicate.within(BETWEEN_TWO));
        fate
    }

    /// How the delivery begins that would be due then: once, or twice.
    pub(crate) fn begin(self, due: Timestamp, mut new_number: impl FnMut() -> u64) -> Vec<Progress> {
        let later = |moment: Timestamp, by| moment.checked_add(by).unwrap_or(Timestamp::MAX);
        let first = Progress {
            others_first: self.others_first,
            dropped: self.dropped,
            ..Progress::new(new_number(), later(due, self.held))
        };
        let second = self.copy_after.map(|after| Progress::new(new_number(), later(first.due, after)));
        [first].into_iter().chain(second).collect()
    }
}

// The last part of an ARN is what people know.
fn short(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
