//! The rules of a transfer.

use causeway::{Decider, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{RequestTransfer, TransferCommand, TransferEvent, TransferRequested};
use crate::account::MAX_MONEY;

/// The rules of a transfer.
#[derive(Debug)]
pub struct Transfer;

/// The state of a transfer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TransferState {
    /// The transfer was never requested.
    #[default]
    New,
    /// The transfer is requested, and its money may be under way.
    Requested(TransferRequested),
    /// The money is in the other account.
    Completed(TransferRequested),
    /// The money is where it was before.
    Failed(TransferRequested),
}

impl TransferState {
    /// Whether no account has anything left to do.
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::Failed(_))
    }
}

/// Why a transfer rejects a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferRejection {
    /// A transfer with this id was requested with other content.
    #[error("transferId: this transfer was requested before with other content")]
    AlreadyRequested,
    /// Both accounts are one.
    #[error("to: the money is in this account already")]
    SameAccount,
    /// The amount is not more than zero, or more than an account can have.
    #[error("amount.amount: {0} is not between 1 and {MAX_MONEY}")]
    AmountOutOfRange(i64),
    /// The transfer was never requested.
    #[error("transferId: this transfer was never requested")]
    NotRequested,
    /// The transfer has ended in another way.
    #[error("transferId: this transfer has ended in another way")]
    EndedOtherwise,
}

impl Rejection for TransferRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::AlreadyRequested => "AlreadyRequested",
            Self::SameAccount => "SameAccount",
            Self::AmountOutOfRange(_) => "AmountOutOfRange",
            Self::NotRequested => "NotRequested",
            Self::EndedOtherwise => "EndedOtherwise",
        }
    }
}

impl Decider for Transfer {
    const CONTEXT: &'static str = "transfer";
    type State = TransferState;
    type Command = TransferCommand;
    type Event = TransferEvent;
    type Rejection = TransferRejection;

    fn decide(state: &TransferState, command: &TransferCommand) -> Result<Vec<TransferEvent>, TransferRejection> {
        let TransferCommand::RequestTransfer(command) = command;
        let RequestTransfer { transfer_id, from, to, amount } = command.clone();
        let requested = TransferRequested { transfer_id, from, to, amount };
        match state {
            TransferState::Requested(before) | TransferState::Completed(before) | TransferState::Failed(before) => {
                if *before == requested {
                    Ok(Vec::new())
                } else {
                    Err(TransferRejection::AlreadyRequested)
                }
            }
            TransferState::New if requested.from == requested.to => Err(TransferRejection::SameAccount),
            TransferState::New if !(1..=MAX_MONEY).contains(&amount.amount) => {
                Err(TransferRejection::AmountOutOfRange(amount.amount))
            }
            TransferState::New => Ok(vec![requested.into()]),
        }
    }

    fn evolve(state: TransferState, event: &TransferEvent) -> TransferState {
        match (state, event) {
            (_, TransferEvent::TransferRequested(requested)) => TransferState::Requested(requested.clone()),
            (TransferState::Requested(requested), TransferEvent::TransferCompleted(_)) => {
                TransferState::Completed(requested)
            }
            (TransferState::Requested(requested), TransferEvent::TransferFailed(_)) => TransferState::Failed(requested),
            (
                state @ (TransferState::New | TransferState::Completed(_) | TransferState::Failed(_)),
                TransferEvent::TransferCompleted(_) | TransferEvent::TransferFailed(_),
            ) => state,
        }
    }
}
