//! Command `ReceiveStock` → decided by `Inventory`.

use domain::inventory::{Inventory, ReceiveStock};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Inventory, ReceiveStock>(env!("CARGO_BIN_NAME"))
}
