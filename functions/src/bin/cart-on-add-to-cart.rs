//! Command `AddToCart` → decided by `Cart`.

use domain::cart::{AddToCart, Cart};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Cart, AddToCart>(env!("CARGO_BIN_NAME"))
}
