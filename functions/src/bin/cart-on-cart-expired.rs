//! Event `CartExpired` → updates `CartContent`.

use domain::cart::{CartContent, CartExpired};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<CartExpired, CartContent>(env!("CARGO_BIN_NAME"))
}
