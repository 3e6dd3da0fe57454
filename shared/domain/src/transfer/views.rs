//! The view of transfers.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::events::{TransferEvent, TransferFailure};
use crate::{
    ids::{AccountId, TransferId},
    money::Money,
};

/// The view of transfers: one row per transfer, in the list `from/<account id>`, the newest first.
#[derive(Debug)]
pub struct TransferSummary;

/// The status of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferStatus {
    /// The transfer is requested, and its money may be under way.
    Requested,
    /// The money is in the other account.
    Completed,
    /// The money is where it was before.
    Failed,
}

/// A transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferSummaryRow {
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The account that gives the money.
    pub from: AccountId,
    /// The account that gets the money.
    pub to: AccountId,
    /// The money.
    pub amount: Money,
    /// The status.
    pub status: TransferStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<TransferFailure>,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl View for TransferSummary {
    const NAME: &'static str = "transfer";
    type Event = TransferEvent;
    type Row = TransferSummaryRow;

    fn patch(_: &StreamId, event: &Recorded<TransferEvent>) -> Patch {
        let row = Patch::none();
        match &event.event {
            TransferEvent::TransferRequested(requested) => row
                .set("transferId", &requested.transfer_id)
                .set("from", &requested.from)
                .set("to", &requested.to)
                .set("amount", requested.amount)
                .set("status", TransferStatus::Requested)
                .set("requestedAt", event.at)
                .list_at(Self::list_of(&requested.from), format!("{:.9}/{}", event.at, requested.transfer_id)),
            TransferEvent::TransferCompleted(_) => {
                row.set("status", TransferStatus::Completed).set("endedAt", event.at)
            }
            TransferEvent::TransferFailed(failed) => {
                row.set("status", TransferStatus::Failed).set("because", failed.because).set("endedAt", event.at)
            }
        }
    }
}

impl TransferSummary {
    /// The list of the transfers from an account.
    pub fn list_of(account: &AccountId) -> String {
        format!("from/{account}")
    }
}
