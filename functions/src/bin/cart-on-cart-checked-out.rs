//! Event `CartCheckedOut` → updates `CartContent`.

use domain::cart::{CartCheckedOut, CartContent};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<CartCheckedOut, CartContent>(env!("CARGO_BIN_NAME"))
}
