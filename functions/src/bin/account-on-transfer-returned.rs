//! Event `TransferReturned` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, TransferReturned};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferReturned, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
