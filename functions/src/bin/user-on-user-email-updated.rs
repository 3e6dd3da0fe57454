//! Event `UserEmailUpdated` → updates `UserProfile`.

use domain::user::{UserEmailUpdated, UserProfile};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<UserEmailUpdated, UserProfile>(env!("CARGO_BIN_NAME"))
}
