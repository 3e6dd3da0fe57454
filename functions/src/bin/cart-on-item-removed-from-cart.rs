//! Event `ItemRemovedFromCart` → updates `CartContent`.

use domain::cart::{CartContent, ItemRemovedFromCart};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ItemRemovedFromCart, CartContent>(env!("CARGO_BIN_NAME"))
}
