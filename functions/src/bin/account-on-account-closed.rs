//! Event `AccountClosed` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountClosed, AccountStatement};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<AccountClosed, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
