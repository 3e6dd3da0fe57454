//! Event `TransferCredited` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, TransferCredited};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferCredited, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
