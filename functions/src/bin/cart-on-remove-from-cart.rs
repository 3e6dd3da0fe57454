//! Command `RemoveFromCart` → decided by `Cart`.

use domain::cart::{Cart, RemoveFromCart};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Cart, RemoveFromCart>(env!("CARGO_BIN_NAME"))
}
