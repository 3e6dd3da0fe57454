//! How long a delivery is tried: so often, until so old, and with growing pauses in between.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Retries and age unless the target says otherwise.
const RETRIES: u32 = 185;
const AGE: u32 = 86_400;
const YOUNGEST_AGE: u32 = 60;

/// With the longest pause of ten minutes, 185 retries fill most of 24 hours.
const LONGEST_PAUSE: f64 = 600.0;

/// The retry policy of a target, in the words of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetryPolicy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_retry_attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_event_age_in_seconds: Option<u32>,
}

/// What follows a try that failed but may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another try then.
    Try(Timestamp),
    /// It is over, for this reason, in the words of the dead letter.
    Exhausted(&'static str),
}

/// The reason when all retries are used up.
const ATTEMPTS: &str = "MaximumRetryAttempts";
/// The reason when the event is too old.
const TOO_OLD: &str = "MaximumEventAgeInSeconds";

impl RetryPolicy {
    /// What the API refuses about it, in words.
    pub(crate) fn refusal(&self) -> Option<String> {
        if self.maximum_retry_attempts.is_some_and(|retries| retries > RETRIES) {
            Some(format!("MaximumRetryAttempts must be between 0 and {RETRIES}."))
        } else if self.maximum_event_age_in_seconds.is_some_and(|age| !(YOUNGEST_AGE..=AGE).contains(&age)) {
            Some(format!("MaximumEventAgeInSeconds must be between {YOUNGEST_AGE} and {AGE}."))
        } else {
            None
        }
    }

    /// What follows the try with this number (1 is the first), given a chance from 0 up to 1.
    pub(crate) fn after(&self, tries: u32, accepted: Timestamp, now: Timestamp, chance: f64) -> Next {
        if tries > self.maximum_retry_attempts.unwrap_or(RETRIES) {
            return Next::Exhausted(ATTEMPTS);
        }
        let age = SignedDuration::from_secs(i64::from(self.maximum_event_age_in_seconds.unwrap_or(AGE)));
        let too_old = accepted.checked_add(age).unwrap_or(Timestamp::MAX);
        let next = now.checked_add(pause(tries, chance)).unwrap_or(Timestamp::MAX);
        match next < too_old {
            true => Next::Try(next),
            false => Next::Exhausted(TOO_OLD),
        }
    }
}

/// Twice as long each time, and by chance up to half of it less, so that losers do not meet again.
pub(crate) fn pause(tries: u32, chance: f64) -> SignedDuration {
    let bound = f64::from(1_u32 << tries.saturating_sub(1).min(20)).min(LONGEST_PAUSE);
    SignedDuration::from_secs_f64(bound * (1.0 - chance.clamp(0.0, 1.0) / 2.0))
}
