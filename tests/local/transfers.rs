//! Transfers between accounts: one completes, one comes back from a closed account, one is refused. The sum of all
//! balances stays what was deposited, with the functions in this process and with every function as a process.

use causeway::{App, view::Page};
use causeway_cli::up::Running;
use domain::{
    account::{AccountBalance, AccountStatement, Entry, LegRefusal},
    transfer::{TransferFailure, TransferStatus, TransferSummary},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{binaries, say, standing, walk};

fn euros(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

async fn transfer(running: &Running, id: &str, from: &str, to: &str, amount: i64) {
    let request = json!({ "transferId": id, "from": from, "to": to, "amount": euros(amount) });
    say(running, "RequestTransfer", request).await;
}

async fn end_of(app: &App, id: &str) -> (TransferStatus, Option<TransferFailure>) {
    let row = app.row::<TransferSummary>(id).await.unwrap().unwrap();
    (row.status, row.because)
}

async fn balance(app: &App, id: &str) -> (i64, i64) {
    let row = app.row::<AccountBalance>(id).await.unwrap().unwrap();
    (row.balance.unwrap().amount, row.under_way)
}

async fn the_sum_of_all_balances_is_constant(running: &Running) {
    for id in ["ada", "bob", "closed"] {
        say(running, "OpenAccount", json!({ "accountId": id, "userId": "u-1", "currency": "EUR" })).await;
    }
    walk(running, SignedDuration::from_secs(1)).await;
    say(running, "CloseAccount", json!({ "accountId": "closed" })).await;
    say(running, "Deposit", json!({ "accountId": "ada", "amount": euros(100) })).await;
    walk(running, SignedDuration::from_secs(1)).await;
    transfer(running, "t-done", "ada", "bob", 30).await;
    transfer(running, "t-back", "ada", "closed", 40).await;
    transfer(running, "t-refused", "bob", "ada", 900).await;
    walk(running, SignedDuration::from_mins(1)).await;

    let app = running.apps.app("account-on-transfer-requested").unwrap();
    let refused = Some(TransferFailure::Refused(LegRefusal::InsufficientFunds));
    assert_eq!(end_of(app, "t-done").await, (TransferStatus::Completed, None));
    let back = Some(TransferFailure::Returned(LegRefusal::Closed));
    assert_eq!(end_of(app, "t-back").await, (TransferStatus::Failed, back));
    assert_eq!(end_of(app, "t-refused").await, (TransferStatus::Failed, refused));
    assert_eq!((balance(app, "ada").await, balance(app, "bob").await), ((70, 0), (30, 0)));

    let first = Page { limit: 3, ..Page::default() };
    let list = AccountStatement::list_of("ada");
    let page = app.list::<AccountStatement>(&list, &first).await.unwrap();
    let last = app.list::<AccountStatement>(&list, &Page { after: page.next, ..first }).await.unwrap();
    let statement: Vec<_> = page.rows.into_iter().chain(last.rows).collect();
    assert_eq!(last.next, None);
    assert!(statement.iter().is_sorted_by(|newer, older| newer.at >= older.at), "{statement:?}");
    let mut amounts: Vec<_> = statement.iter().map(|row| (row.entry, row.amount)).collect();
    assert_eq!(amounts.pop(), Some((Entry::Deposit, 100)));
    amounts.sort_by_key(|(_, amount)| *amount);
    assert_eq!(amounts, [(Entry::TransferOut, -40), (Entry::TransferOut, -30), (Entry::Return, 40)]);
    assert_eq!(statement[0].balance.amount, 70);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_this_process() {
    let running = standing(&[]).await.unwrap();
    the_sum_of_all_balances_is_constant(&running).await;
    running.cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_processes() {
    let Some(running) = binaries::standing_as_processes().await else { return };
    the_sum_of_all_balances_is_constant(&running).await;
    running.cloud.stop().await;
}
