//! Event `UserActivated` → updates `UserProfile`.

use domain::user::{UserActivated, UserProfile};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<UserActivated, UserProfile>(env!("CARGO_BIN_NAME"))
}
