//! The registry's entry of accounts, with a sample of each message.

use serde_json::{Value, json};

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<Account>().family::<AccountCommand>().samples(
        "accountId",
        [
            Entry::of::<OpenAccount>(json!({ "accountId": "a-1", "userId": "u-1", "currency": "EUR" })),
            Entry::of::<Deposit>(json!({ "accountId": "a-1", "amount": euros(100 * 100) })),
            Entry::of::<Withdraw>(json!({ "accountId": "a-1", "amount": euros(20 * 100) })),
            Entry::of::<CloseAccount>(json!({ "accountId": "a-1" })),
            Entry::of::<AccountOpened>(json!({ "accountId": "a-1", "userId": "u-1", "currency": "EUR" })),
            Entry::of::<MoneyDeposited>(json!({
                "accountId": "a-1",
                "amount": euros(100 * 100),
                "balance": euros(100 * 100),
            })),
            Entry::of::<MoneyWithdrawn>(
                json!({ "accountId": "a-1", "amount": euros(20 * 100), "balance": euros(80 * 100) }),
            ),
            Entry::of::<TransferDebited>(json!({
                "accountId": "a-1",
                "transferId": "t-1",
                "to": "a-2",
                "amount": euros(30 * 100),
                "balance": euros(50 * 100),
            })),
            Entry::of::<TransferRefused>(json!({
                "accountId": "a-1",
                "transferId": "t-2",
                "amount": euros(900 * 100),
                "because": "insufficientFunds",
            })),
            Entry::of::<TransferCredited>(json!({
                "accountId": "a-2",
                "transferId": "t-1",
                "from": "a-1",
                "amount": euros(30 * 100),
                "balance": euros(30 * 100),
            })),
            Entry::of::<TransferCreditRefused>(json!({
                "accountId": "a-2",
                "transferId": "t-1",
                "from": "a-1",
                "amount": euros(30 * 100),
                "because": "closed",
            })),
            Entry::of::<TransferReturned>(json!({
                "accountId": "a-1",
                "transferId": "t-1",
                "amount": euros(30 * 100),
                "balance": euros(80 * 100),
                "because": "closed",
            })),
            Entry::of::<TransferSettled>(json!({ "accountId": "a-1", "transferId": "t-1", "amount": euros(30 * 100) })),
            Entry::of::<AccountClosed>(json!({ "accountId": "a-1" })),
        ],
    )
}

fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}
