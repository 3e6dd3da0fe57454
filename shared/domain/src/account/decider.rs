//! The rules of an account.

use std::collections::BTreeMap;

use causeway::{Decider, Message, Messages, Once, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    AccountClosed, AccountCommand, AccountEvent, AccountOpened, CloseAccount, Deposit, LegRefusal, MoneyDeposited,
    MoneyWithdrawn, OpenAccount, TransferCredited, TransferDebited, TransferReturned, TransferSettled, Withdraw,
};
use crate::{
    ids::{TransferId, UserId},
    money::{Currency, Money},
};

/// The most money of an account with what is under way, in minor units: every reader of JSON keeps it to the cent.
pub const MAX_MONEY: i64 = 1_000_000_000_000_000;

/// The number of transfers from an account that may be under way at the same time.
pub const MAX_UNDER_WAY: usize = 1_000;

/// The rules of an account.
#[derive(Debug)]
pub struct Account;

/// The state of an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AccountState {
    /// The account was never opened.
    #[default]
    Unopened,
    /// The account is open.
    Open(OpenedAccount),
    /// The account is closed, with nothing in it.
    Closed {
        /// The user who owned the account.
        user_id: UserId,
        /// Its currency.
        currency: Currency,
    },
}

/// What is in an open account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenedAccount {
    /// The user who owns the account.
    pub user_id: UserId,
    /// The money in it, in its currency.
    pub balance: Money,
    /// The money that left for another account and is neither there nor back yet, in minor units.
    pub under_way: BTreeMap<TransferId, i64>,
}

/// Why an account rejects a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRejection {
    /// An account with this id was opened with another owner or currency.
    #[error("accountId: this account was opened before with another owner or currency")]
    AlreadyOpened,
    /// The account was never opened.
    #[error("accountId: this account was never opened")]
    NotOpened,
    /// The account is closed.
    #[error("accountId: this account is closed")]
    Closed,
    /// The amount is not more than zero, or more than an account can have.
    #[error("amount.amount: {0} is not between 1 and {MAX_MONEY}")]
    AmountOutOfRange(i64),
    /// The amount has another currency than the account.
    #[error("amount.currency: this account has {account}, not {given}")]
    OtherCurrency {
        /// The account's currency.
        account: Currency,
        /// The currency of the amount.
        given: Currency,
    },
    /// There is less money in the account.
    #[error("amount: there are only {0} in this account")]
    InsufficientFunds(Money),
    /// The account would have more money than an account can have.
    #[error("amount: this account would have more than {MAX_MONEY} minor units")]
    TooMuchMoney,
    /// Only an empty account can be closed.
    #[error("accountId: there are {0} in this account; only an empty account is closed")]
    BalanceNotZero(Money),
    /// The money of transfers may come back.
    #[error("accountId: {0} transfers from this account are under way; their money may come back")]
    TransfersUnderWay(usize),
}

impl Rejection for AccountRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::AlreadyOpened => "AlreadyOpened",
            Self::NotOpened => "NotOpened",
            Self::Closed => "Closed",
            Self::AmountOutOfRange(_) => "AmountOutOfRange",
            Self::OtherCurrency { .. } => "OtherCurrency",
            Self::InsufficientFunds(_) => "InsufficientFunds",
            Self::TooMuchMoney => "TooMuchMoney",
            Self::BalanceNotZero(_) => "BalanceNotZero",
            Self::TransfersUnderWay(_) => "TransfersUnderWay",
        }
    }
}

impl From<AccountRejection> for LegRefusal {
    fn from(rejection: AccountRejection) -> Self {
        match rejection {
            AccountRejection::NotOpened => Self::NotOpened,
            AccountRejection::Closed => Self::Closed,
            AccountRejection::OtherCurrency { .. } => Self::OtherCurrency,
            AccountRejection::InsufficientFunds(_) => Self::InsufficientFunds,
            // The amount of a requested transfer is in range, and no leg opens or closes an account.
            AccountRejection::TooMuchMoney
            | AccountRejection::AmountOutOfRange(_)
            | AccountRejection::AlreadyOpened
            | AccountRejection::BalanceNotZero(_)
            | AccountRejection::TransfersUnderWay(_) => Self::TooMuchMoney,
        }
    }
}

impl Decider for Account {
    const CONTEXT: &'static str = "account";
    /// Two deposits of one amount are two deposits, so a repeat is recognised by the id of the command only.
    const ONCE: Once<AccountCommand> = Once::Messages(&[Deposit::NAME, Withdraw::NAME], AccountCommand::name);
    type State = AccountState;
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Rejection = AccountRejection;

    fn decide(state: &AccountState, command: &AccountCommand) -> Result<Vec<AccountEvent>, AccountRejection> {
        match command {
            AccountCommand::OpenAccount(open) => state.open(open),
            AccountCommand::Deposit(deposit) => {
                let Deposit { account_id, amount } = deposit.clone();
                let balance = state.opened()?.with(amount)?;
                Ok(vec![MoneyDeposited { account_id, amount, balance }.into()])
            }
            AccountCommand::Withdraw(withdraw) => {
                let Withdraw { account_id, amount } = withdraw.clone();
                let balance = state.opened()?.without(amount)?;
                Ok(vec![MoneyWithdrawn { account_id, amount, balance }.into()])
            }
            AccountCommand::CloseAccount(close) => state.close(close),
        }
    }

    fn evolve(state: AccountState, event: &AccountEvent) -> AccountState {
        let mut account = match (state, event) {
            (_, AccountEvent::AccountOpened(AccountOpened { user_id, currency, .. })) => {
                let balance = Money::zero(*currency);
                return AccountState::Open(OpenedAccount {
                    user_id: user_id.clone(),
                    balance,
                    under_way: BTreeMap::new(),
                });
            }
            (AccountState::Open(account), _) => account,
            (other @ (AccountState::Unopened | AccountState::Closed { .. }), _) => return other,
        };
        match event {
            AccountEvent::MoneyDeposited(MoneyDeposited { balance, .. })
            | AccountEvent::MoneyWithdrawn(MoneyWithdrawn { balance, .. })
            | AccountEvent::TransferCredited(TransferCredited { balance, .. }) => account.balance = *balance,
            AccountEvent::TransferDebited(TransferDebited { transfer_id, amount, balance, .. }) => {
                account.balance = *balance;
                account.under_way.insert(transfer_id.clone(), amount.amount);
            }
            AccountEvent::TransferReturned(TransferReturned { transfer_id, balance, .. }) => {
                account.balance = *balance;
                account.under_way.remove(transfer_id);
            }
            AccountEvent::TransferSettled(TransferSettled { transfer_id, .. }) => {
                account.under_way.remove(transfer_id);
            }
            AccountEvent::AccountClosed(_) => {
                return AccountState::Closed { user_id: account.user_id, currency: account.balance.currency };
            }
            AccountEvent::AccountOpened(_)
            | AccountEvent::TransferRefused(_)
            | AccountEvent::TransferCreditRefused(_) => {}
        }
        AccountState::Open(account)
    }
}

impl AccountState {
    /// The user who owns the account, or owned it until it was closed.
    pub fn owner(&self) -> Option<&UserId> {
        match self {
            Self::Unopened => None,
            Self::Open(account) => Some(&account.user_id),
            Self::Closed { user_id, .. } => Some(user_id),
        }
    }

    /// The account, if it is open.
    pub fn opened(&self) -> Result<&OpenedAccount, AccountRejection> {
        match self {
            Self::Unopened => Err(AccountRejection::NotOpened),
            Self::Open(account) => Ok(account),
            Self::Closed { .. } => Err(AccountRejection::Closed),
        }
    }

    fn open(&self, open: &OpenAccount) -> Result<Vec<AccountEvent>, AccountRejection> {
        let OpenAccount { account_id, user_id, currency } = open.clone();
        let (owner, of_account) = match self {
            Self::Unopened => return Ok(vec![AccountOpened { account_id, user_id, currency }.into()]),
            Self::Open(account) => (&account.user_id, account.balance.currency),
            Self::Closed { user_id, currency } => (user_id, *currency),
        };
        let is_same = *owner == user_id && of_account == currency;
        if is_same { Ok(Vec::new()) } else { Err(AccountRejection::AlreadyOpened) }
    }

    fn close(&self, close: &CloseAccount) -> Result<Vec<AccountEvent>, AccountRejection> {
        match self {
            Self::Unopened => Err(AccountRejection::NotOpened),
            Self::Closed { .. } => Ok(Vec::new()),
            Self::Open(account) if account.balance.amount != 0 => {
                Err(AccountRejection::BalanceNotZero(account.balance))
            }
            Self::Open(account) if !account.under_way.is_empty() => {
                Err(AccountRejection::TransfersUnderWay(account.under_way.len()))
            }
            Self::Open(_) => Ok(vec![AccountClosed { account_id: close.account_id.clone() }.into()]),
        }
    }
}

impl OpenedAccount {
    /// The balance with this money. What is under way may come back, so there is room for it, too.
    pub fn with(&self, amount: Money) -> Result<Money, AccountRejection> {
        self.check(amount)?;
        let all = self.under_way.values().fold(self.balance.amount, |all, amount| all.saturating_add(*amount));
        if all > MAX_MONEY - amount.amount {
            return Err(AccountRejection::TooMuchMoney);
        }
        Ok(Money { amount: self.balance.amount + amount.amount, ..amount })
    }

    /// The balance without this money.
    pub fn without(&self, amount: Money) -> Result<Money, AccountRejection> {
        self.check(amount)?;
        if amount.amount > self.balance.amount {
            return Err(AccountRejection::InsufficientFunds(self.balance));
        }
        Ok(Money { amount: self.balance.amount - amount.amount, ..amount })
    }

    fn check(&self, amount: Money) -> Result<(), AccountRejection> {
        let account = self.balance.currency;
        if !(1..=MAX_MONEY).contains(&amount.amount) {
            return Err(AccountRejection::AmountOutOfRange(amount.amount));
        }
        if amount.currency != account {
            return Err(AccountRejection::OtherCurrency { account, given: amount.currency });
        }
        Ok(())
    }
}
