//! What a mapping did, for observers.

use std::sync::Arc;

use crate::lambda::FunctionError;

use super::failure_record::Condition;

/// What a mapping did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingActivity {
    /// The function succeeded on this number of records.
    Succeeded(usize),
    /// The function failed on some of this number of records.
    Failed(usize, FunctionError),
    /// This number of records was given up and reported to the on-failure destination with this ARN.
    SentToQueue(usize, Condition, String),
    /// This number of records was discarded, for this reason.
    Discarded(usize, String),
    /// The mapping cannot continue now, for this reason, and will retry.
    Stalled(String),
}

/// Receives everything that a mapping does.
pub type Listener = Arc<dyn Fn(MappingActivity) + Send + Sync>;
