//! Scenarios of accounts and of their legs of transfers.

use causeway::{
    Decider,
    testing::{assert_idempotent, given, given_view, sim::Rng},
};
use jiff::Timestamp;

use super::*;
use crate::{
    ids::{AccountId, TransferId},
    money::{Currency, Money},
    transfer::{TransferCompleted, TransferLeg, TransferLegs, TransferRequested},
};

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn transfer(number: u64) -> TransferId {
    format!("t-{number}").parse().unwrap()
}

fn euros(amount: i64) -> Money {
    Money { amount, currency: Currency::EUR }
}

fn dollars(amount: i64) -> Money {
    Money { amount, currency: Currency::new("USD").unwrap() }
}

fn open(currency: &str) -> AccountCommand {
    let (user_id, currency) = ("u-1".parse().unwrap(), Currency::new(currency).unwrap());
    OpenAccount { account_id: account("a-1"), user_id, currency }.into()
}

fn deposit(amount: Money) -> AccountCommand {
    Deposit { account_id: account("a-1"), amount }.into()
}

fn withdraw(amount: Money) -> AccountCommand {
    Withdraw { account_id: account("a-1"), amount }.into()
}

fn close() -> AccountCommand {
    CloseAccount { account_id: account("a-1") }.into()
}

fn opened() -> AccountEvent {
    AccountOpened { account_id: account("a-1"), user_id: "u-1".parse().unwrap(), currency: Currency::EUR }.into()
}

fn deposited(amount: i64, balance: i64) -> AccountEvent {
    MoneyDeposited { account_id: account("a-1"), amount: euros(amount), balance: euros(balance) }.into()
}

fn withdrawn(amount: i64, balance: i64) -> AccountEvent {
    MoneyWithdrawn { account_id: account("a-1"), amount: euros(amount), balance: euros(balance) }.into()
}

fn closed() -> AccountEvent {
    AccountClosed { account_id: account("a-1") }.into()
}

/// The debit of 30 for transfer 1, from account 1 to account 2.
fn debit() -> TransferLeg {
    let (from, to) = (account("a-1"), account("a-2"));
    TransferLeg::Debit(TransferRequested { transfer_id: transfer(1), from, to, amount: euros(30) })
}

fn debited(balance: i64) -> TransferDebited {
    let (account_id, to) = (account("a-1"), account("a-2"));
    TransferDebited { account_id, transfer_id: transfer(1), to, amount: euros(30), balance: euros(balance) }
}

/// The credit of 30 to account 1 for transfer 1, from account 2.
fn credit() -> TransferLeg {
    let (account_id, to) = (account("a-2"), account("a-1"));
    TransferLeg::Credit(TransferDebited {
        account_id,
        transfer_id: transfer(1),
        to,
        amount: euros(30),
        balance: euros(0),
    })
}

fn credited(balance: i64) -> AccountEvent {
    let (account_id, from) = (account("a-1"), account("a-2"));
    TransferCredited { account_id, transfer_id: transfer(1), from, amount: euros(30), balance: euros(balance) }.into()
}

fn refused(because: LegRefusal) -> AccountEvent {
    TransferRefused { account_id: account("a-1"), transfer_id: transfer(1), amount: euros(30), because }.into()
}

fn credit_refused(because: LegRefusal) -> AccountEvent {
    let (account_id, from) = (account("a-1"), account("a-2"));
    TransferCreditRefused { account_id, transfer_id: transfer(1), from, amount: euros(30), because }.into()
}

/// The other account does not take the money.
fn bounce() -> TransferLeg {
    let (account_id, from, because) = (account("a-2"), account("a-1"), LegRefusal::Closed);
    TransferLeg::Return(TransferCreditRefused {
        account_id,
        transfer_id: transfer(1),
        from,
        amount: euros(30),
        because,
    })
}

fn returned(balance: i64) -> AccountEvent {
    let (account_id, because) = (account("a-1"), LegRefusal::Closed);
    TransferReturned { account_id, transfer_id: transfer(1), amount: euros(30), balance: euros(balance), because }
        .into()
}

fn settle() -> TransferLeg {
    let (from, to) = (account("a-1"), account("a-2"));
    TransferLeg::Settle(TransferCompleted { transfer_id: transfer(1), from, to, amount: euros(30) })
}

fn settled() -> AccountEvent {
    TransferSettled { account_id: account("a-1"), transfer_id: transfer(1), amount: euros(30) }.into()
}

#[test]
fn an_account_is_opened_once() {
    given::<Account>([]).when(open("EUR")).then([opened()]);
    for past in [vec![opened()], vec![opened(), closed()]] {
        given::<Account>(past.clone()).when(open("EUR")).then([]);
        given::<Account>(past).when(open("USD")).then_rejected(AccountRejection::AlreadyOpened);
    }
}

#[test]
fn money_is_deposited_and_withdrawn_down_to_nothing() {
    given::<Account>([opened()]).when(deposit(euros(50))).then([deposited(50, 50)]);
    given::<Account>([opened(), deposited(50, 50)]).when(withdraw(euros(50))).then([withdrawn(50, 0)]);
    given::<Account>([opened(), deposited(50, 50)])
        .when(withdraw(euros(51)))
        .then_rejected(AccountRejection::InsufficientFunds(euros(50)));
}

#[test]
fn an_amount_is_more_than_zero_and_in_the_currency_of_the_account() {
    let out_of_range = AccountRejection::AmountOutOfRange;
    for amount in [0, -1, i64::MIN, MAX_MONEY + 1, i64::MAX] {
        given::<Account>([opened()]).when(deposit(euros(amount))).then_rejected(out_of_range(amount));
        given::<Account>([opened()]).when(withdraw(euros(amount))).then_rejected(out_of_range(amount));
    }
    let other = AccountRejection::OtherCurrency { account: Currency::EUR, given: dollars(1).currency };
    given::<Account>([opened()]).when(deposit(dollars(1))).then_rejected(other);
    given::<Account>([opened()]).when(withdraw(dollars(1))).then_rejected(other);
}

#[test]
fn an_account_has_room_for_the_money_that_may_come_back() {
    let past = [opened(), deposited(MAX_MONEY, MAX_MONEY), debited(MAX_MONEY - 30).into()];
    given::<Account>(past.clone()).when(deposit(euros(1))).then_rejected(AccountRejection::TooMuchMoney);
    given::<TransferLegs>(past.clone()).when(bounce()).then([returned(MAX_MONEY)]);
    let settled = past.into_iter().chain([settled()]);
    given::<Account>(settled).when(deposit(euros(30))).then([deposited(30, MAX_MONEY)]);
}

#[test]
fn nothing_moves_in_an_account_that_is_not_open() {
    for (past, rejection) in
        [(vec![], AccountRejection::NotOpened), (vec![opened(), closed()], AccountRejection::Closed)]
    {
        given::<Account>(past.clone()).when(deposit(euros(1))).then_rejected(rejection);
        given::<Account>(past.clone()).when(withdraw(euros(1))).then_rejected(rejection);
        let because = LegRefusal::from(rejection);
        given::<TransferLegs>(past.clone()).when(debit()).then([refused(because)]);
        given::<TransferLegs>(past).when(credit()).then([credit_refused(because)]);
    }
}

#[test]
fn only_an_empty_account_is_closed() {
    given::<Account>([]).when(close()).then_rejected(AccountRejection::NotOpened);
    given::<Account>([opened()]).when(close()).then([closed()]);
    given::<Account>([opened(), closed()]).when(close()).then([]);
    given::<Account>([opened(), deposited(1, 1)])
        .when(close())
        .then_rejected(AccountRejection::BalanceNotZero(euros(1)));
}

#[test]
fn an_account_with_money_under_way_stays_open_for_its_return() {
    let past = [opened(), deposited(30, 30), debited(0).into()];
    given::<Account>(past.clone()).when(close()).then_rejected(AccountRejection::TransfersUnderWay(1));
    given::<Account>(past.into_iter().chain([settled()])).when(close()).then([closed()]);
}

#[test]
fn a_debit_takes_the_money_or_is_refused_with_the_reason() {
    given::<TransferLegs>([opened(), deposited(80, 80)]).when(debit()).then([debited(50).into()]);
    given::<TransferLegs>([opened(), deposited(29, 29)]).when(debit()).then([refused(LegRefusal::InsufficientFunds)]);
}

#[test]
fn only_so_many_transfers_are_under_way() {
    let on_the_way = |number: usize| -> AccountEvent {
        TransferDebited { transfer_id: transfer(2 + number as u64), ..debited(50) }.into()
    };
    let past: Vec<AccountEvent> =
        [opened(), deposited(80, 80)].into_iter().chain((0..MAX_UNDER_WAY).map(on_the_way)).collect();
    given::<TransferLegs>(past.clone()).when(debit()).then([refused(LegRefusal::TooManyUnderWay)]);
    let one_less = past.into_iter().take(MAX_UNDER_WAY + 1);
    given::<TransferLegs>(one_less).when(debit()).then([debited(20).into()]);
}

#[test]
fn a_credit_gives_the_money_or_is_refused_with_the_reason() {
    given::<TransferLegs>([opened()]).when(credit()).then([credited(30)]);
    let full = [opened(), deposited(MAX_MONEY, MAX_MONEY)];
    given::<TransferLegs>(full).when(credit()).then([credit_refused(LegRefusal::TooMuchMoney)]);
    let in_dollars: AccountEvent =
        AccountOpened { account_id: account("a-1"), user_id: "u-1".parse().unwrap(), currency: dollars(0).currency }
            .into();
    given::<TransferLegs>([in_dollars.clone()]).when(credit()).then([credit_refused(LegRefusal::OtherCurrency)]);
    given::<TransferLegs>([in_dollars]).when(debit()).then([refused(LegRefusal::OtherCurrency)]);
}

#[test]
fn money_comes_back_once() {
    let past = [opened(), deposited(80, 80), debited(50).into()];
    given::<TransferLegs>(past.clone()).when(bounce()).then([returned(80)]);
    let back = past.into_iter().chain([returned(80)]);
    given::<TransferLegs>(back).when(bounce()).then([]);
}

#[test]
fn a_settled_transfer_is_under_way_no_more() {
    let past = [opened(), deposited(80, 80), debited(50).into()];
    given::<TransferLegs>(past.clone()).when(settle()).then([settled()]);
    let at_its_end = past.into_iter().chain([settled()]);
    given::<TransferLegs>(at_its_end.clone()).when(settle()).then([]);
    given::<TransferLegs>(at_its_end).when(bounce()).then([]);
}

#[test]
fn commands_that_the_state_knows_change_nothing_when_repeated() {
    for past in [vec![], vec![opened()], vec![opened(), deposited(5, 5)], vec![opened(), closed()]] {
        for command in [open("EUR"), open("USD"), close()] {
            assert_idempotent::<Account>(past.clone(), &command);
        }
    }
}

#[test]
fn whatever_comes_no_balance_is_negative_and_no_money_disappears() {
    for seed in 0..2_000 {
        let rng = Rng::seeded(seed);
        let amount = |most: u64| euros(rng.below(most) as i64 - 2);
        let mut state = AccountState::default();
        let (mut came, mut under_way) = (0, 0);
        for _ in 0..30 {
            let id = transfer(rng.below(6));
            let (own, other) = (account("a-1"), account("a-2"));
            let because = LegRefusal::Closed;
            let events = match rng.below(8) {
                0 => Account::decide(&state, &open("EUR")).unwrap_or_default(),
                1 => Account::decide(&state, &deposit(amount(60))).unwrap_or_default(),
                2 => Account::decide(&state, &withdraw(amount(60))).unwrap_or_default(),
                3 => Account::decide(&state, &close()).unwrap_or_default(),
                kind => {
                    let under_way = match &state {
                        AccountState::Open(account) => account.under_way.get(&id).copied(),
                        AccountState::Unopened | AccountState::Closed { .. } => None,
                    };
                    let of_transfer = euros(under_way.unwrap_or(20));
                    let (transfer_id, balance) = (id, euros(0));
                    let leg = match kind {
                        // The inbox knows a repeated debit.
                        4 if under_way.is_some() => continue,
                        4 => TransferLeg::Debit(TransferRequested {
                            transfer_id,
                            from: own,
                            to: other,
                            amount: amount(60),
                        }),
                        5 => TransferLeg::Credit(TransferDebited {
                            account_id: other,
                            transfer_id,
                            to: own,
                            amount: euros(1 + rng.below(40) as i64),
                            balance,
                        }),
                        6 => TransferLeg::Return(TransferCreditRefused {
                            account_id: other,
                            transfer_id,
                            from: own,
                            amount: of_transfer,
                            because,
                        }),
                        _ => TransferLeg::Settle(TransferCompleted {
                            transfer_id,
                            from: own,
                            to: other,
                            amount: of_transfer,
                        }),
                    };
                    TransferLegs::decide(&state, &leg).unwrap_or_else(|never| match never {})
                }
            };
            for event in events {
                let (in_account, away) = match &event {
                    AccountEvent::MoneyDeposited(it) => (it.amount.amount, 0),
                    AccountEvent::MoneyWithdrawn(it) => (-it.amount.amount, 0),
                    AccountEvent::TransferDebited(it) => (-it.amount.amount, it.amount.amount),
                    AccountEvent::TransferCredited(it) => (it.amount.amount, 0),
                    AccountEvent::TransferReturned(it) => (it.amount.amount, -it.amount.amount),
                    AccountEvent::TransferSettled(it) => (0, -it.amount.amount),
                    AccountEvent::AccountOpened(_)
                    | AccountEvent::TransferRefused(_)
                    | AccountEvent::TransferCreditRefused(_)
                    | AccountEvent::AccountClosed(_) => (0, 0),
                };
                (came, under_way) = (came + in_account, under_way + away);
                state = Account::evolve(state, &event);
                match &state {
                    AccountState::Open(account) => {
                        assert_eq!(account.balance.amount, came, "seed {seed}: {event:?}");
                        assert_eq!(account.under_way.values().sum::<i64>(), under_way, "seed {seed}: {event:?}");
                        assert!(came >= 0 && under_way >= 0, "seed {seed}: {event:?}");
                    }
                    AccountState::Unopened | AccountState::Closed { .. } => {
                        assert_eq!((came, under_way), (0, 0), "seed {seed}: {event:?}");
                    }
                }
            }
        }
    }
}

fn at(second: u32) -> Timestamp {
    format!("2026-01-01T00:00:0{second}Z").parse().unwrap()
}

#[test]
fn the_view_of_balances_has_what_is_under_way() {
    let row = AccountBalanceRow {
        account_id: Some(account("a-1")),
        user_id: Some("u-1".parse().unwrap()),
        balance: Some(euros(50)),
        under_way: 30,
        open: true,
        opened_at: Some(at(0)),
    };
    let past = [opened(), deposited(80, 80), debited(50).into()];
    given_view::<AccountBalance>(past.clone()).then_row(row.clone());
    let back = past.clone().into_iter().chain([returned(80)]);
    let row = AccountBalanceRow { balance: Some(euros(80)), under_way: 0, ..row };
    given_view::<AccountBalance>(back).then_row(row.clone());
    let gone = past.into_iter().chain([settled(), withdrawn(50, 0), closed()]);
    let row = AccountBalanceRow { balance: Some(euros(0)), open: false, ..row };
    given_view::<AccountBalance>(gone).then_row(row);
    given_view::<AccountBalance>([refused(LegRefusal::NotOpened)]).then_row(AccountBalanceRow {
        account_id: None,
        user_id: None,
        balance: None,
        under_way: 0,
        open: false,
        opened_at: None,
    });
}

#[test]
fn the_statement_has_a_row_for_each_movement() {
    let row = |second, entry, amount, balance| AccountStatementRow {
        at: at(second),
        entry,
        amount,
        balance: euros(balance),
        transfer_id: None,
        other_account: None,
    };
    let leg = |row: AccountStatementRow, other: Option<&str>| AccountStatementRow {
        transfer_id: Some(transfer(1)),
        other_account: other.map(account),
        ..row
    };
    let events = [
        opened(),
        deposited(80, 80),
        debited(50).into(),
        returned(80),
        credited(110),
        refused(LegRefusal::InsufficientFunds),
        withdrawn(10, 100),
    ];
    given_view::<AccountStatement>(events).then_rows([
        row(1, Entry::Deposit, 80, 80),
        leg(row(2, Entry::TransferOut, -30, 50), Some("a-2")),
        leg(row(3, Entry::Return, 30, 80), None),
        leg(row(4, Entry::TransferIn, 30, 110), Some("a-2")),
        row(6, Entry::Withdrawal, -10, 100),
    ]);
}
