//! Event `ProductViewed` → updates `CartContent`.

use domain::cart::{CartContent, ProductViewed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ProductViewed, CartContent>(env!("CARGO_BIN_NAME"))
}
