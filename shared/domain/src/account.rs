//! An account at the bank: its balance, and its legs of transfers. Stream `account/<account id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `OpenAccount` | `AccountOpened` | `AlreadyOpened` |
//! | `Deposit` (once) | `MoneyDeposited` | `NotOpened`, `Closed`, `AmountOutOfRange`, `OtherCurrency`, `TooMuchMoney` |
//! | `Withdraw` (once) | `MoneyWithdrawn` | `NotOpened`, `Closed`, `AmountOutOfRange`, `OtherCurrency`, `InsufficientFunds` |
//! | `CloseAccount` | `AccountClosed` | `NotOpened`, `BalanceNotZero`, `TransfersUnderWay` |
//!
//! | what others did | event | if it cannot be |
//! |---|---|---|
//! | `TransferRequested` from this account (once) | `TransferDebited` | `TransferRefused` with the reason |
//! | `TransferDebited` to this account (once) | `TransferCredited` | `TransferCreditRefused` with the reason |
//! | `TransferCreditRefused` of a transfer from this account | `TransferReturned` | |
//! | `TransferCompleted` of a transfer from this account | `TransferSettled` | |
//!
//! - At most [`MAX_UNDER_WAY`] transfers from an account are under way at the same time.
//! - The balance is never negative, and with all money under way it is at most [`MAX_MONEY`].
//! - A debit stays under way until the other account has the money or it is returned. An account with money under way
//!   cannot be closed, so there always is an account to return it to.

mod decider;
mod events;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{Account, AccountRejection, AccountState, MAX_MONEY, MAX_UNDER_WAY, OpenedAccount};
pub use events::{
    AccountClosed, AccountCommand, AccountEvent, AccountOpened, CloseAccount, Deposit, LegRefusal, MoneyDeposited,
    MoneyWithdrawn, OpenAccount, TransferCreditRefused, TransferCredited, TransferDebited, TransferRefused,
    TransferReturned, TransferSettled, Withdraw,
};
pub use samples::context;
pub use views::{AccountBalance, AccountBalanceRow, AccountStatement, AccountStatementRow, Entry};
