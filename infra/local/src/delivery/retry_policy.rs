//! The retry policy of a target: the number of retries, the maximum age of the event, and the backoff between attempts.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The retries that a policy allows at most, and unless it says otherwise.
const MAX_RETRIES: u32 = 185;
/// The age in seconds that a policy allows at most, and unless it says otherwise.
const MAX_AGE: u32 = 86_400;
/// The smallest maximum age in seconds that a policy may set.
const MIN_AGE: u32 = 60;
/// The longest backoff in seconds. With it, 185 retries take most of 24 hours.
const MAX_BACKOFF: f64 = 600.0;

/// The retry policy of a target, with the API's field names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RetryPolicy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_retry_attempts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_event_age_in_seconds: Option<u32>,
}

/// What follows an attempt that failed with a transient error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryDecision {
    /// Another attempt at this time.
    RetryAt(Timestamp),
    /// No further attempt. Holds the name of the limit, as the dead letter gives it.
    Exhausted(&'static str),
}

impl RetryPolicy {
    /// Why the API rejects this policy, if it does.
    pub(crate) fn validation_error(&self) -> Option<String> {
        if self.maximum_retry_attempts.is_some_and(|retries| retries > MAX_RETRIES) {
            Some(format!("MaximumRetryAttempts must be between 0 and {MAX_RETRIES}."))
        } else if self.maximum_event_age_in_seconds.is_some_and(|age| !(MIN_AGE..=MAX_AGE).contains(&age)) {
            Some(format!("MaximumEventAgeInSeconds must be between {MIN_AGE} and {MAX_AGE}."))
        } else {
            None
        }
    }

    /// Decides what follows the failed attempt with this number, counted from 1. `random` is at least 0 and below 1.
    pub(crate) fn after(&self, attempt: u32, sent: Timestamp, now: Timestamp, random: f64) -> RetryDecision {
        if attempt > self.maximum_retry_attempts.unwrap_or(MAX_RETRIES) {
            return RetryDecision::Exhausted("MaximumRetryAttempts");
        }
        let max_age = SignedDuration::from_secs(i64::from(self.maximum_event_age_in_seconds.unwrap_or(MAX_AGE)));
        let expires = sent.checked_add(max_age).unwrap_or(Timestamp::MAX);
        let next = now.checked_add(backoff(attempt, random)).unwrap_or(Timestamp::MAX);
        match next < expires {
            true => RetryDecision::RetryAt(next),
            false => RetryDecision::Exhausted("MaximumEventAgeInSeconds"),
        }
    }
}

/// The exponential backoff after this attempt, with jitter that takes away up to half of it.
pub(crate) fn backoff(attempt: u32, random: f64) -> SignedDuration {
    let seconds = f64::from(1_u32 << attempt.saturating_sub(1).min(20)).min(MAX_BACKOFF);
    SignedDuration::from_secs_f64(seconds * (1.0 - random.clamp(0.0, 1.0) / 2.0))
}
