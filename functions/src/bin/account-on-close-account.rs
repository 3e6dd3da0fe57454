//! Command `CloseAccount` → decided by `Account`.

use domain::account::{Account, CloseAccount};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Account, CloseAccount>(env!("CARGO_BIN_NAME"))
}
