//! Event `UserRegistered` → updates `UserProfile`.

use domain::user::{UserProfile, UserRegistered};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<UserRegistered, UserProfile>(env!("CARGO_BIN_NAME"))
}
