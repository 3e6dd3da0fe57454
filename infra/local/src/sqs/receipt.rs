//! Receipt handles: which message of which queue, and which receive of it.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::error;
use crate::aws_error::AwsError;

/// What a handle says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) sequence: u64,
    pub(super) lease: u64,
}

impl Receipt {
    pub(super) fn write(&self, queue: &str) -> String {
        STANDARD.encode(format!("{} {} {queue}", self.sequence, self.lease))
    }

    /// Reads the handle of a message that this queue gave out.
    pub(super) fn read(handle: Option<&str>, queue: &str) -> Result<Self, AwsError> {
        let handle = handle.filter(|handle| !handle.is_empty()).ok_or_else(|| error::missing("ReceiptHandle"))?;
        let receipt = STANDARD.decode(handle).ok().and_then(|bytes| {
            let text = String::from_utf8(bytes).ok()?;
            let (sequence, rest) = text.split_once(' ')?;
            let (lease, of_queue) = rest.split_once(' ')?;
            if of_queue != queue {
                return None;
            }
            Some(Self { sequence: sequence.parse().ok()?, lease: lease.parse().ok()? })
        });
        receipt.ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            AwsError::sender("ReceiptHandleIsInvalid", message)
        })
    }
}
