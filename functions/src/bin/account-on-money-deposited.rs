//! Event `MoneyDeposited` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountStatement, MoneyDeposited};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<MoneyDeposited, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
