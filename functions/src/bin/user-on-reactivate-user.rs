//! Command `ReactivateUser` → decided by `User`.

use domain::user::{ReactivateUser, User};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<User, ReactivateUser>(env!("CARGO_BIN_NAME"))
}
