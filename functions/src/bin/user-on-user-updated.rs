//! Event `UserUpdated` → updates `UserProfile`.

use domain::user::{UserProfile, UserUpdated};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<UserUpdated, UserProfile>(env!("CARGO_BIN_NAME"))
}
