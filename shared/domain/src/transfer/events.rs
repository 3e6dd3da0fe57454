//! Commands and events of a transfer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    account::LegRefusal,
    ids::{AccountId, TransferId},
    money::Money,
};

causeway::events! {
    /// The commands to a transfer.
    pub enum TransferCommand: commands to "transfer" by transfer_id {
        RequestTransfer = 1,
    }
}

causeway::events! {
    /// The events of a transfer.
    pub enum TransferEvent: events of "transfer" {
        TransferRequested = 1,
        TransferCompleted = 1,
        TransferFailed = 1,
    }
}

/// Requests a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestTransfer {
    /// The id of the transfer, chosen by the caller, so that a repeated command is about the same transfer.
    pub transfer_id: TransferId,
    /// The account that gives the money.
    pub from: AccountId,
    /// The account that gets the money.
    pub to: AccountId,
    /// The money; more than zero.
    pub amount: Money,
}

/// A transfer was requested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferRequested {
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The account that gives the money.
    pub from: AccountId,
    /// The account that gets the money.
    pub to: AccountId,
    /// The money.
    pub amount: Money,
}

/// The money of a transfer is in the other account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferCompleted {
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The account that gave the money.
    pub from: AccountId,
    /// The account that got the money.
    pub to: AccountId,
    /// The money.
    pub amount: Money,
}

/// The money of a transfer is where it was before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferFailed {
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The reason.
    pub because: TransferFailure,
}

/// Why a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "by", content = "reason")]
pub enum TransferFailure {
    /// The account did not give the money.
    Refused(LegRefusal),
    /// The other account did not take the money, and it was returned.
    Returned(LegRefusal),
}
