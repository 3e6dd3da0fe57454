//! Event `MoneyWithdrawn` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, MoneyWithdrawn};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<MoneyWithdrawn, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
