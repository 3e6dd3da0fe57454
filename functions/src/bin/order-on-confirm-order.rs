//! Command `ConfirmOrder` → decided by `Order`.

use domain::order::{ConfirmOrder, Order};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Order, ConfirmOrder>(env!("CARGO_BIN_NAME"))
}
