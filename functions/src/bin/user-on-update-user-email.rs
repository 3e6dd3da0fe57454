//! Command `UpdateUserEmail` → decided by `User`.

use domain::user::{UpdateUserEmail, User};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<User, UpdateUserEmail>(env!("CARGO_BIN_NAME"))
}
