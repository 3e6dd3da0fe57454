//! Command `OpenAccount` → decided by `Account`.

use domain::account::{Account, OpenAccount};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Account, OpenAccount>(env!("CARGO_BIN_NAME"))
}
