//! Command `DeactivateUser` → decided by `User`.

use domain::user::{DeactivateUser, User};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<User, DeactivateUser>(env!("CARGO_BIN_NAME"))
}
