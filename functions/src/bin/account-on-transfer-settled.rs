//! Event `TransferSettled` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, TransferSettled};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferSettled, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
