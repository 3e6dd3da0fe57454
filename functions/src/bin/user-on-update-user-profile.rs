//! Command `UpdateUserProfile` → decided by `User`.

use domain::user::{UpdateUserProfile, User};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<User, UpdateUserProfile>(env!("CARGO_BIN_NAME"))
}
