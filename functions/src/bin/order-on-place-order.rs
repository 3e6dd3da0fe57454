//! Command `PlaceOrder` → decided by `Order`.

use domain::order::{Order, PlaceOrder};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Order, PlaceOrder>(env!("CARGO_BIN_NAME"))
}
