//! Event `AccountOpened` → updates `AccountBalance` and `AccountStatement`.

use domain::account::{AccountBalance, AccountOpened, AccountStatement};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<AccountOpened, (AccountBalance, AccountStatement)>(env!("CARGO_BIN_NAME"))
}
