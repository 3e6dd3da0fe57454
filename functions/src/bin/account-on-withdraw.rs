//! Command `Withdraw` → decided by `Account`.

use domain::account::{Account, Withdraw};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Account, Withdraw>(env!("CARGO_BIN_NAME"))
}
