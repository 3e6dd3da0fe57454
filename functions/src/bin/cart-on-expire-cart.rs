//! Command `ExpireCart` → decided by `Cart`.

use domain::cart::{Cart, ExpireCart};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Cart, ExpireCart>(env!("CARGO_BIN_NAME"))
}
