//! Command `CancelOrder` → decided by `Order`.

use domain::order::{CancelOrder, Order};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Order, CancelOrder>(env!("CARGO_BIN_NAME"))
}
