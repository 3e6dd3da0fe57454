//! Event `TransferDebited` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, TransferDebited};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferDebited, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
