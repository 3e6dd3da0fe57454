//! Command `RegisterUser` → decided by `User`.

use domain::user::{RegisterUser, User};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<User, RegisterUser>(env!("CARGO_BIN_NAME"))
}
