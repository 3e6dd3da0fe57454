//! Event `TransferRefused` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, TransferRefused};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferRefused, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
