//! The invariants of the bank: money is neither made nor lost.

use std::collections::BTreeMap;

use causeway::{
    Messages,
    log::commit::{Commit, Recorded},
};
use domain::{
    account::AccountEvent,
    ids::TransferId,
    transfer::{TransferEvent, TransferFailure},
};

use super::Snapshot;

/// The money of the bank, counted from the movements of all accounts, in minor units.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    /// Deposited less withdrawn.
    pub brought: i64,
    /// The balance of each account.
    pub balances: BTreeMap<String, i64>,
    /// The money of each transfer that left an account and is neither in the other one nor back.
    pub under_way: BTreeMap<String, i64>,
}

impl Bank {
    /// Counts an event of an account; says what is wrong with it.
    pub fn count(&mut self, account: &str, event: &AccountEvent) -> Option<String> {
        let before = self.balances.get(account).copied().unwrap_or_default();
        let (amount, stated) = match event {
            AccountEvent::MoneyDeposited(one) => {
                self.brought += one.amount.amount;
                (one.amount.amount, one.balance)
            }
            AccountEvent::MoneyWithdrawn(one) => {
                self.brought -= one.amount.amount;
                (-one.amount.amount, one.balance)
            }
            AccountEvent::TransferDebited(one) => {
                *self.under_way.entry(one.transfer_id.to_string()).or_default() += one.amount.amount;
                (-one.amount.amount, one.balance)
            }
            AccountEvent::TransferCredited(one) => {
                *self.under_way.entry(one.transfer_id.to_string()).or_default() -= one.amount.amount;
                (one.amount.amount, one.balance)
            }
            AccountEvent::TransferReturned(one) => {
                *self.under_way.entry(one.transfer_id.to_string()).or_default() -= one.amount.amount;
                (one.amount.amount, one.balance)
            }
            AccountEvent::AccountOpened(_)
            | AccountEvent::TransferRefused(_)
            | AccountEvent::TransferCreditRefused(_)
            | AccountEvent::TransferSettled(_)
            | AccountEvent::AccountClosed(_) => return None,
        };
        self.balances.insert(account.to_owned(), before + amount);
        let is_right = stated.amount == before + amount && stated.amount >= 0;
        (!is_right).then(|| format!("{before} and {amount} are {} in {event:?}", stated.amount))
    }

    /// What is in accounts and under way, which is what was brought.
    pub fn total(&self) -> i64 {
        self.balances.values().sum::<i64>() + self.under_way.values().sum::<i64>()
    }

    /// What is wrong with the money after each of these commits, which are in the order in which they were appended.
    pub fn audit<'a>(commits: impl IntoIterator<Item = &'a Commit>) -> Vec<String> {
        let (mut bank, mut breaches) = (Self::default(), Vec::new());
        for commit in commits.into_iter().filter(|commit| commit.stream.context() == "account") {
            for event in commit.decode::<AccountEvent>().unwrap_or_default() {
                let wrong = bank.count(commit.stream.id(), &event);
                breaches.extend(wrong.map(|what| format!("{}: {what}", commit.stream)));
                if bank.total() != bank.brought || bank.under_way.values().any(|amount| *amount < 0) {
                    breaches.push(format!("{} of {} after {event:?}", bank.total(), bank.brought));
                }
            }
        }
        breaches
    }
}

impl Snapshot {
    /// Every balance is the sum of its movements, and none is negative; every transfer has ended once, with its legs;
    /// what was deposited and not withdrawn is in the accounts.
    pub(super) fn check_bank(&self) -> Vec<String> {
        let (mut bank, mut breaches) = (Bank::default(), Vec::new());
        let mut legs: BTreeMap<&TransferId, Vec<&'static str>> = BTreeMap::new();
        let accounts = self.of_context::<AccountEvent>("account");
        for (stream, events) in &accounts {
            let mut closed = false;
            for Recorded { event, .. } in events {
                let wrong = bank.count(stream.id(), event);
                breaches.extend(wrong.map(|what| format!("{stream}: {what}")));
                let refusal =
                    matches!(event, AccountEvent::TransferRefused(_) | AccountEvent::TransferCreditRefused(_));
                if closed && !refusal {
                    breaches.push(format!("{stream} was closed before {event:?}"));
                }
                closed |= matches!(event, AccountEvent::AccountClosed(_));
                if let Some(transfer) = transfer_of(event) {
                    legs.entry(transfer).or_default().push(event.name());
                }
            }
        }
        legs.values_mut().for_each(|legs| legs.sort_unstable());
        if bank.balances.values().sum::<i64>() != bank.brought {
            breaches.push(format!("{} was brought; accounts and transfers have {bank:?}", bank.brought));
        }
        for (stream, events) in self.of_context::<TransferEvent>("transfer") {
            let expected: &[&str] = match events.iter().map(|recorded| &recorded.event).collect::<Vec<_>>()[..] {
                [TransferEvent::TransferRequested(_), TransferEvent::TransferCompleted(_)] => {
                    &["TransferCredited", "TransferDebited", "TransferSettled"]
                }
                [TransferEvent::TransferRequested(_), TransferEvent::TransferFailed(failed)] => match failed.because {
                    TransferFailure::Refused(_) => &["TransferRefused"],
                    TransferFailure::Returned(_) => &["TransferCreditRefused", "TransferDebited", "TransferReturned"],
                },
                _ => {
                    breaches.push(format!("{stream} has not ended once: {events:?}"));
                    continue;
                }
            };
            let legs = TransferId::new(stream.id()).ok().and_then(|id| legs.remove(&id)).unwrap_or_default();
            if legs != expected {
                breaches.push(format!("{stream} has the legs {legs:?} instead of {expected:?}"));
            }
        }
        breaches
            .extend(legs.into_iter().map(|(id, legs)| format!("{id}, which is no transfer, has the legs {legs:?}")));
        breaches
    }
}

/// The transfer of which this is a leg.
fn transfer_of(event: &AccountEvent) -> Option<&TransferId> {
    match event {
        AccountEvent::TransferDebited(leg) => Some(&leg.transfer_id),
        AccountEvent::TransferRefused(leg) => Some(&leg.transfer_id),
        AccountEvent::TransferCredited(leg) => Some(&leg.transfer_id),
        AccountEvent::TransferCreditRefused(leg) => Some(&leg.transfer_id),
        AccountEvent::TransferReturned(leg) => Some(&leg.transfer_id),
        AccountEvent::TransferSettled(leg) => Some(&leg.transfer_id),
        AccountEvent::AccountOpened(_)
        | AccountEvent::MoneyDeposited(_)
        | AccountEvent::MoneyWithdrawn(_)
        | AccountEvent::AccountClosed(_) => None,
    }
}
