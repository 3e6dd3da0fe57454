//! The legs of transfers, recorded in the streams of both accounts.

use std::convert::Infallible;

use causeway::{Decider, Once};

use super::events::{TransferCompleted, TransferRequested};
use crate::{
    account::{
        Account, AccountEvent, AccountState, LegRefusal, MAX_UNDER_WAY, TransferCreditRefused, TransferCredited,
        TransferDebited, TransferRefused, TransferReturned, TransferSettled,
    },
    ids::AccountId,
    money::Money,
};

/// The rules by which an account takes part in transfers. It has the stream and the state of [`Account`].
#[derive(Debug)]
pub struct TransferLegs;

/// What happened to a transfer of which the account has a leg.
#[derive(Clone, Debug, PartialEq)]
pub enum TransferLeg {
    /// Its money shall leave this account.
    Debit(TransferRequested),
    /// Its money left the other account for this one.
    Credit(TransferDebited),
    /// The other account did not take its money.
    Return(TransferCreditRefused),
    /// The other account has its money, and the transfer is completed.
    Settle(TransferCompleted),
}

impl TransferLeg {
    /// The account of the leg.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Debit(requested) => &requested.from,
            Self::Credit(debited) => &debited.to,
            Self::Return(refused) => &refused.from,
            Self::Settle(completed) => &completed.from,
        }
    }
}

impl Decider for TransferLegs {
    const CONTEXT: &'static str = Account::CONTEXT;
    const STATE_REVISION: u32 = Account::STATE_REVISION;
    /// The state knows of transfers only while their money is under way.
    const ONCE: Once<TransferLeg> = Once::When(|leg| matches!(leg, TransferLeg::Debit(_) | TransferLeg::Credit(_)));
    type State = AccountState;
    type Command = TransferLeg;
    type Event = AccountEvent;
    type Rejection = Infallible;

    fn decide(state: &AccountState, leg: &TransferLeg) -> Result<Vec<AccountEvent>, Infallible> {
        Ok(match leg {
            TransferLeg::Debit(requested) => vec![state.debit(requested)],
            TransferLeg::Credit(debited) => vec![state.credit(debited)],
            TransferLeg::Return(refused) => state.take_back(refused).into_iter().collect(),
            TransferLeg::Settle(completed) => state.settle(completed).into_iter().collect(),
        })
    }

    fn evolve(state: AccountState, event: &AccountEvent) -> AccountState {
        Account::evolve(state, event)
    }
}

impl AccountState {
    fn debit(&self, requested: &TransferRequested) -> AccountEvent {
        let TransferRequested { transfer_id, from: account_id, to, amount } = requested.clone();
        let debited = self.opened().map_err(LegRefusal::from).and_then(|account| {
            if account.under_way.len() >= MAX_UNDER_WAY {
                return Err(LegRefusal::TooManyUnderWay);
            }
            Ok(account.without(amount)?)
        });
        match debited {
            Ok(balance) => TransferDebited { account_id, transfer_id, to, amount, balance }.into(),
            Err(because) => TransferRefused { account_id, transfer_id, amount, because }.into(),
        }
    }

    fn credit(&self, debited: &TransferDebited) -> AccountEvent {
        let TransferDebited { account_id: from, transfer_id, to: account_id, amount, balance: _ } = debited.clone();
        match self.opened().and_then(|account| account.with(amount)) {
            Ok(balance) => TransferCredited { account_id, transfer_id, from, amount, balance }.into(),
            Err(rejection) => {
                TransferCreditRefused { account_id, transfer_id, from, amount, because: rejection.into() }.into()
            }
        }
    }

    /// Money that is not under way was returned before.
    fn take_back(&self, refused: &TransferCreditRefused) -> Option<AccountEvent> {
        let TransferCreditRefused { transfer_id, from: account_id, amount, because, .. } = refused.clone();
        let account = self.opened().ok().filter(|account| account.under_way.contains_key(&transfer_id))?;
        let balance = Money { amount: account.balance.amount + amount.amount, ..amount };
        Some(TransferReturned { account_id, transfer_id, amount, balance, because }.into())
    }

    fn settle(&self, completed: &TransferCompleted) -> Option<AccountEvent> {
        let TransferCompleted { transfer_id, from: account_id, amount, .. } = completed.clone();
        let account = self.opened().ok()?;
        let is_under_way = account.under_way.contains_key(&transfer_id);
        is_under_way.then(|| TransferSettled { account_id, transfer_id, amount }.into())
    }
}
