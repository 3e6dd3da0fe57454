//! Scenarios of transfers.

use causeway::testing::{assert_idempotent, given, given_view};

use super::*;
use crate::{
    account::{LegRefusal, MAX_MONEY, TransferCredited, TransferRefused, TransferReturned},
    ids::{AccountId, TransferId},
    money::{Currency, Money},
};

fn id() -> TransferId {
    "t-1".parse().unwrap()
}

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

fn request(amount: i64) -> TransferCommand {
    RequestTransfer { transfer_id: id(), from: account("a-1"), to: account("a-2"), amount: euros(amount) }.into()
}

fn requested() -> TransferEvent {
    TransferRequested { transfer_id: id(), from: account("a-1"), to: account("a-2"), amount: euros(30) }.into()
}

fn completed() -> TransferEvent {
    TransferCompleted { transfer_id: id(), from: account("a-1"), to: account("a-2"), amount: euros(30) }.into()
}

fn failed(because: TransferFailure) -> TransferEvent {
    TransferFailed { transfer_id: id(), because }.into()
}

fn credited() -> TransferFact {
    let (account_id, from) = (account("a-2"), account("a-1"));
    TransferFact::Credited(TransferCredited {
        account_id,
        transfer_id: id(),
        from,
        amount: euros(30),
        balance: euros(30),
    })
}

fn refused() -> TransferFact {
    let because = LegRefusal::InsufficientFunds;
    TransferFact::Refused(TransferRefused { account_id: account("a-1"), transfer_id: id(), amount: euros(30), because })
}

fn returned() -> TransferFact {
    let (account_id, because) = (account("a-1"), LegRefusal::Closed);
    let (amount, balance) = (euros(30), euros(80));
    TransferFact::Returned(TransferReturned { account_id, transfer_id: id(), amount, balance, because })
}

#[test]
fn a_transfer_is_requested_once() {
    given::<Transfer>([]).when(request(30)).then([requested()]);
    for past in [vec![requested()], vec![requested(), completed()]] {
        given::<Transfer>(past.clone()).when(request(30)).then([]);
        given::<Transfer>(past).when(request(31)).then_rejected(TransferRejection::AlreadyRequested);
    }
}

#[test]
fn a_transfer_is_of_a_positive_amount_between_two_accounts() {
    for amount in [0, -1, i64::MIN, MAX_MONEY + 1, i64::MAX] {
        given::<Transfer>([]).when(request(amount)).then_rejected(TransferRejection::AmountOutOfRange(amount));
    }
    let to_itself =
        RequestTransfer { transfer_id: id(), from: account("a-1"), to: account("a-1"), amount: euros(1) }.into();
    given::<Transfer>([]).when(to_itself).then_rejected(TransferRejection::SameAccount);
}

#[test]
fn a_transfer_ends_as_its_accounts_did() {
    let refusal = TransferFailure::Refused(LegRefusal::InsufficientFunds);
    let bounce = TransferFailure::Returned(LegRefusal::Closed);
    let ends = [(credited(), completed()), (refused(), failed(refusal)), (returned(), failed(bounce))];
    for (fact, end) in ends {
        given::<TransferRecord>([requested()]).when(fact.clone()).then([end.clone()]);
        given::<TransferRecord>([requested(), end]).when(fact).then([]);
    }
}

#[test]
fn a_transfer_ends_in_one_way_only() {
    let bounce = failed(TransferFailure::Returned(LegRefusal::Closed));
    given::<TransferRecord>([requested(), bounce]).when(credited()).then_rejected(TransferRejection::EndedOtherwise);
    given::<TransferRecord>([requested(), completed()])
        .when(returned())
        .then_rejected(TransferRejection::EndedOtherwise);
    given::<TransferRecord>([]).when(credited()).then_rejected(TransferRejection::NotRequested);
}

#[test]
fn every_command_repeated_changes_nothing() {
    for amount in [-5, 0, 29, 30, 31] {
        let command = request(amount);
        for past in [vec![], vec![requested()], vec![requested(), completed()]] {
            assert_idempotent::<Transfer>(past, &command);
        }
    }
}

#[test]
fn the_view_of_a_transfer_has_its_end_and_the_reason() {
    let bounce = TransferFailure::Returned(LegRefusal::Closed);
    let at = |second| format!("2026-01-01T00:00:0{second}Z").parse().unwrap();
    let row = TransferSummaryRow {
        transfer_id: id(),
        from: account("a-1"),
        to: account("a-2"),
        amount: euros(30),
        status: TransferStatus::Failed,
        because: Some(bounce),
        requested_at: at(0),
        ended_at: Some(at(1)),
    };
    given_view::<TransferSummary>([requested(), failed(bounce)]).then_row(row.clone());
    let row = TransferSummaryRow { status: TransferStatus::Completed, because: None, ..row };
    given_view::<TransferSummary>([requested(), completed()]).then_row(row);
}
