//! Commands and events of an account.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, TransferId, UserId},
    money::{Currency, Money},
};

causeway::events! {
    /// The commands to an account.
    pub enum AccountCommand: commands to "account" by account_id {
        OpenAccount = 1,
        Deposit = 1,
        Withdraw = 1,
        CloseAccount = 1,
    }
}

causeway::events! {
    /// The events of an account.
    pub enum AccountEvent: events of "account" {
        AccountOpened = 1,
        MoneyDeposited = 1,
        MoneyWithdrawn = 1,
        TransferDebited = 1,
        TransferRefused = 1,
        TransferCredited = 1,
        TransferCreditRefused = 1,
        TransferReturned = 1,
        TransferSettled = 1,
        AccountClosed = 1,
    }
}

/// Opens an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenAccount {
    /// The id of the account, chosen by the caller, so that a repeated command is about the same account.
    pub account_id: AccountId,
    /// The id of the user who owns the account.
    pub user_id: UserId,
    /// The currency of all its money.
    pub currency: Currency,
}

/// Deposits money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
    /// The id of the account.
    pub account_id: AccountId,
    /// The money; more than zero.
    pub amount: Money,
}

/// Withdraws money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Withdraw {
    /// The id of the account.
    pub account_id: AccountId,
    /// The money; more than zero.
    pub amount: Money,
}

/// Closes an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloseAccount {
    /// The id of the account.
    pub account_id: AccountId,
}

/// An account was opened with nothing in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountOpened {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the user who owns the account.
    pub user_id: UserId,
    /// The currency of all its money.
    pub currency: Currency,
}

/// Money was deposited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoneyDeposited {
    /// The id of the account.
    pub account_id: AccountId,
    /// The money.
    pub amount: Money,
    /// The balance from then on.
    pub balance: Money,
}

/// Money was withdrawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoneyWithdrawn {
    /// The id of the account.
    pub account_id: AccountId,
    /// The money.
    pub amount: Money,
    /// The balance from then on.
    pub balance: Money,
}

/// The money of a transfer left its account and is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferDebited {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The account that shall get the money.
    pub to: AccountId,
    /// The money.
    pub amount: Money,
    /// The balance from then on.
    pub balance: Money,
}

/// An account did not give the money of a transfer. Nothing was moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferRefused {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The money.
    pub amount: Money,
    /// The reason.
    pub because: LegRefusal,
}

/// The money of a transfer reached its account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferCredited {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The account that the money came from.
    pub from: AccountId,
    /// The money.
    pub amount: Money,
    /// The balance from then on.
    pub balance: Money,
}

/// An account did not take the money of a transfer, which is still under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferCreditRefused {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The account that the money came from.
    pub from: AccountId,
    /// The money.
    pub amount: Money,
    /// The reason.
    pub because: LegRefusal,
}

/// The money of a transfer that the other account did not take is back in the account that it left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferReturned {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The money.
    pub amount: Money,
    /// The balance from then on.
    pub balance: Money,
    /// Why the other account did not take it.
    pub because: LegRefusal,
}

/// The money of a transfer from this account has reached the other account and is no longer under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferSettled {
    /// The id of the account.
    pub account_id: AccountId,
    /// The id of the transfer.
    pub transfer_id: TransferId,
    /// The money.
    pub amount: Money,
}

/// An account was closed. Nothing moves in it any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountClosed {
    /// The id of the account.
    pub account_id: AccountId,
}

/// Why an account does not give or take the money of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LegRefusal {
    /// There is no such account.
    NotOpened,
    /// The account is closed.
    Closed,
    /// The account has another currency.
    OtherCurrency,
    /// There is not enough money in the account.
    InsufficientFunds,
    /// The account would have more money than an account can have.
    TooMuchMoney,
    /// Too many transfers from the account are under way.
    TooManyUnderWay,
}

impl fmt::Display for LegRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOpened => "there is no such account",
            Self::Closed => "the account is closed",
            Self::OtherCurrency => "the account has another currency",
            Self::InsufficientFunds => "there is not enough money in the account",
            Self::TooMuchMoney => "the account would have too much money",
            Self::TooManyUnderWay => "too many transfers from the account are under way",
        })
    }
}
