//! The part of a delivery that changes from attempt to attempt, as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The part of a delivery that changes from attempt to attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The delivery's number, unique within its service.
    pub(crate) number: u64,
    /// The number of attempts made so far.
    #[serde(rename = "tries")]
    pub(crate) attempts: u32,
    /// The time of the next attempt.
    pub(crate) due: Timestamp,
    /// Set when there are no more attempts and only the dead letter is left to send.
    #[serde(rename = "doomed")]
    pub(crate) failure: Option<DeliveryFailure>,
    /// The number of later deliveries that shall overtake this one, if they come in time.
    #[serde(default, rename = "others_first", skip_serializing_if = "is_zero")]
    pub(crate) overtakers: u32,
    /// Whether a planned fault makes the first attempt fail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dropped: bool,
}

/// Why a delivery failed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryFailure {
    pub(crate) code: String,
    pub(crate) message: String,
    /// The limit of the retry policy that ended the delivery, if one did.
    pub(crate) exhausted: Option<String>,
    /// The number of failed attempts to send the dead letter.
    #[serde(rename = "burials")]
    pub(crate) dead_letter_attempts: u32,
}

impl Progress {
    /// A delivery that was not attempted yet.
    pub(crate) fn new(number: u64, due: Timestamp) -> Self {
        Self { number, attempts: 0, due, failure: None, overtakers: 0, dropped: false }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
