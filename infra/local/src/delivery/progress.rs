//! How far a delivery has come, as the journal keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The part of a delivery that changes on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Its number among all of its sender.
    pub(crate) number: u64,
    /// How often it was tried.
    pub(crate) tries: u32,
    pub(crate) due: Timestamp,
    /// Set when it will not be tried any more and only the dead letter is left to write.
    pub(crate) doomed: Option<Doom>,
    /// So many later ones shall arrive before it, if they come in time.
    #[serde(default, skip_serializing_if = "is_none_left")]
    pub(crate) others_first: u32,
    /// Whether its first try fails by a planned fault.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dropped: bool,
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

impl Progress {
    /// A delivery that was never tried.
    pub(crate) fn new(number: u64, due: Timestamp) -> Self {
        Self { number, tries: 0, due, doomed: None, others_first: 0, dropped: false }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "that is how the serializer asks")]
fn is_none_left(others: &u32) -> bool {
    *others == 0
}
