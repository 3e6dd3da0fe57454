//! Command `CompleteOrder` → decided by `Order`.

use domain::order::{CompleteOrder, Order};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Order, CompleteOrder>(env!("CARGO_BIN_NAME"))
}
