//! Command `CheckOutCart` → decided by `Cart`.

use domain::cart::{Cart, CheckOutCart};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Cart, CheckOutCart>(env!("CARGO_BIN_NAME"))
}
