//! Views of accounts: the balance of each, and the statement with a row for each movement of money.

use causeway::{Patch, StreamId, View, log::commit::Recorded, view::Grain};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{AccountEvent, MoneyDeposited, MoneyWithdrawn, TransferCredited};
use crate::{
    ids::{AccountId, TransferId, UserId},
    money::Money,
};

/// The view of balances: one row per account, in the list `user/<user id>`, the account opened last first.
#[derive(Debug)]
pub struct AccountBalance;

/// The balance of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountBalanceRow {
    /// The id of the account; nothing if an account of this id was never opened.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The user who owns the account.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// The money in it.
    #[serde(default)]
    pub balance: Option<Money>,
    /// The money that left for other accounts and is neither there nor back yet, in minor units.
    #[serde(default)]
    pub under_way: i64,
    /// Whether the account is open.
    #[serde(default)]
    pub open: bool,
    /// When the account was opened.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub opened_at: Option<Timestamp>,
}

impl View for AccountBalance {
    const NAME: &'static str = "account-balance";
    type Event = AccountEvent;
    type Row = AccountBalanceRow;

    fn patch(_: &StreamId, event: &Recorded<AccountEvent>) -> Patch {
        let row = Patch::none();
        match &event.event {
            AccountEvent::AccountOpened(opened) => row
                .set("accountId", &opened.account_id)
                .set("userId", &opened.user_id)
                .set("balance", Money::zero(opened.currency))
                .set("open", true)
                .set("openedAt", event.at)
                .list_at(Self::list_of(&opened.user_id), format!("{:.9}/{}", event.at, opened.account_id)),
            AccountEvent::MoneyDeposited(MoneyDeposited { balance, .. })
            | AccountEvent::MoneyWithdrawn(MoneyWithdrawn { balance, .. })
            | AccountEvent::TransferCredited(TransferCredited { balance, .. }) => row.set("balance", balance),
            AccountEvent::TransferDebited(debited) => {
                row.set("balance", debited.balance).add("underWay", debited.amount.amount)
            }
            AccountEvent::TransferReturned(returned) => {
                row.set("balance", returned.balance).add("underWay", -returned.amount.amount)
            }
            AccountEvent::TransferSettled(settled) => row.add("underWay", -settled.amount.amount),
            AccountEvent::AccountClosed(_) => row.set("open", false),
            AccountEvent::TransferRefused(_) | AccountEvent::TransferCreditRefused(_) => row,
        }
    }
}

impl AccountBalance {
    /// The list of a user's accounts.
    pub fn list_of(user: &UserId) -> String {
        format!("user/{user}")
    }
}

/// The view of statements: one row per movement of money, in the list `account/<account id>`, the newest first.
#[derive(Debug)]
pub struct AccountStatement;

/// A movement of money in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatementRow {
    /// The time of the movement.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// What it is.
    pub entry: Entry,
    /// The money in minor units: more than zero for what came, less for what left.
    pub amount: i64,
    /// The balance from then on.
    pub balance: Money,
    /// The transfer, if it is a leg of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<TransferId>,
    /// The other account of the transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_account: Option<AccountId>,
}

/// The kind of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    /// Money was deposited.
    Deposit,
    /// Money was withdrawn.
    Withdrawal,
    /// Money left for another account.
    TransferOut,
    /// Money came from another account.
    TransferIn,
    /// Money came back, because the other account did not take it.
    Return,
}

impl View for AccountStatement {
    const NAME: &'static str = "account-statement";
    const GRAIN: Grain = Grain::Event;
    type Event = AccountEvent;
    type Row = AccountStatementRow;

    fn patch(stream: &StreamId, event: &Recorded<AccountEvent>) -> Patch {
        let row = |entry: Entry, amount: i64, balance: Money| {
            // Versions of an account have one order; its times may be equal.
            Patch::none()
                .set("at", event.at)
                .set("entry", entry)
                .set("amount", amount)
                .set("balance", balance)
                .list_at(Self::list_of(stream.id()), format!("{:020}", event.version))
        };
        match &event.event {
            AccountEvent::MoneyDeposited(one) => row(Entry::Deposit, one.amount.amount, one.balance),
            AccountEvent::MoneyWithdrawn(one) => row(Entry::Withdrawal, -one.amount.amount, one.balance),
            AccountEvent::TransferDebited(one) => row(Entry::TransferOut, -one.amount.amount, one.balance)
                .set("transferId", &one.transfer_id)
                .set("otherAccount", &one.to),
            AccountEvent::TransferCredited(one) => row(Entry::TransferIn, one.amount.amount, one.balance)
                .set("transferId", &one.transfer_id)
                .set("otherAccount", &one.from),
            AccountEvent::TransferReturned(one) => {
                row(Entry::Return, one.amount.amount, one.balance).set("transferId", &one.transfer_id)
            }
            AccountEvent::AccountOpened(_)
            | AccountEvent::TransferRefused(_)
            | AccountEvent::TransferCreditRefused(_)
            | AccountEvent::TransferSettled(_)
            | AccountEvent::AccountClosed(_) => Patch::none(),
        }
    }
}

impl AccountStatement {
    /// The list of an account's movements.
    pub fn list_of(account: &str) -> String {
        format!("account/{account}")
    }
}
