//! Command `Deposit` → decided by `Account`.

use domain::account::{Account, Deposit};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Account, Deposit>(env!("CARGO_BIN_NAME"))
}
