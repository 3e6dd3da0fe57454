//! Command `ViewProduct` → decided by `Cart`.

use domain::cart::{Cart, ViewProduct};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Cart, ViewProduct>(env!("CARGO_BIN_NAME"))
}
