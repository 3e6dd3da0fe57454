//! What accounts have done for a transfer, recorded in its stream.

use causeway::Decider;

use super::{
    decider::{Transfer, TransferRejection, TransferState},
    events::{TransferCompleted, TransferEvent, TransferFailed, TransferFailure, TransferRequested},
};
use crate::{
    account::{TransferCredited, TransferRefused, TransferReturned},
    ids::TransferId,
};

/// The rules by which a transfer records what accounts have done. It has the stream and the state of [`Transfer`].
#[derive(Debug)]
pub struct TransferRecord;

/// What an account has done for a transfer.
#[derive(Clone, Debug, PartialEq)]
pub enum TransferFact {
    /// The money is in the other account.
    Credited(TransferCredited),
    /// The account did not give the money.
    Refused(TransferRefused),
    /// The money is back.
    Returned(TransferReturned),
}

impl TransferFact {
    /// The transfer.
    pub fn transfer(&self) -> &TransferId {
        match self {
            Self::Credited(credited) => &credited.transfer_id,
            Self::Refused(refused) => &refused.transfer_id,
            Self::Returned(returned) => &returned.transfer_id,
        }
    }

    /// Why the transfer failed, if it did.
    fn failure(&self) -> Option<TransferFailure> {
        match self {
            Self::Credited(_) => None,
            Self::Refused(refused) => Some(TransferFailure::Refused(refused.because)),
            Self::Returned(returned) => Some(TransferFailure::Returned(returned.because)),
        }
    }
}

impl Decider for TransferRecord {
    const CONTEXT: &'static str = Transfer::CONTEXT;
    const STATE_REVISION: u32 = Transfer::STATE_REVISION;
    type State = TransferState;
    type Command = TransferFact;
    type Event = TransferEvent;
    type Rejection = TransferRejection;

    fn decide(state: &TransferState, fact: &TransferFact) -> Result<Vec<TransferEvent>, TransferRejection> {
        let transfer_id = fact.transfer().clone();
        match (state, fact.failure()) {
            (TransferState::New, _) => Err(TransferRejection::NotRequested),
            (TransferState::Requested(requested), None) => {
                let TransferRequested { from, to, amount, .. } = requested.clone();
                Ok(vec![TransferCompleted { transfer_id, from, to, amount }.into()])
            }
            (TransferState::Requested(_), Some(because)) => Ok(vec![TransferFailed { transfer_id, because }.into()]),
            (TransferState::Completed(_), None) | (TransferState::Failed(_), Some(_)) => Ok(Vec::new()),
            (TransferState::Completed(_), Some(_)) | (TransferState::Failed(_), None) => {
                Err(TransferRejection::EndedOtherwise)
            }
        }
    }

    fn evolve(state: TransferState, event: &TransferEvent) -> TransferState {
        Transfer::evolve(state, event)
    }
}
