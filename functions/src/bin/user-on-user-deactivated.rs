//! Event `UserDeactivated` → updates `UserProfile`.

use domain::user::{UserDeactivated, UserProfile};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<UserDeactivated, UserProfile>(env!("CARGO_BIN_NAME"))
}
