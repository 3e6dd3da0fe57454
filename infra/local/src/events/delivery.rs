//! One event on its way to one target, with all that a later start must know to go on.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::envelope::Accepted;
use super::target::Target;

/// A delivery with its event.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) event: Arc<Accepted>,
    pub(super) owed: Owed,
}

/// A delivery that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owed {
    pub(super) number: u64,
    pub(super) rule_arn: String,
    pub(super) target: Target,
    /// How often it was tried.
    pub(super) tries: u32,
    pub(super) due: Timestamp,
    /// Set when it will not be tried any more and only the dead letter is left to write.
    pub(super) doomed: Option<Doom>,
}

/// Why a delivery was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doom {
    pub(crate) code: String,
    pub(crate) message: String,
    /// The limit that ended it, if one did.
    pub(crate) exhausted: Option<String>,
    /// How often the dead letter could not be written.
    pub(crate) burials: u32,
}

impl Owed {
    /// A delivery that begins now.
    pub(super) fn new(number: u64, rule_arn: String, target: Target, now: Timestamp) -> Self {
        Self { number, rule_arn, target, tries: 0, due: now, doomed: None }
    }
}
