//! Event `ItemAddedToCart` → updates `CartContent`.

use domain::cart::{CartContent, ItemAddedToCart};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ItemAddedToCart, CartContent>(env!("CARGO_BIN_NAME"))
}
