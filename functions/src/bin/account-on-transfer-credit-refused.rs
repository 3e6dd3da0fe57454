//! Event `TransferCreditRefused` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, TransferCreditRefused};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferCreditRefused, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
