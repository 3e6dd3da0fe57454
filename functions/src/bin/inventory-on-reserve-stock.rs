//! Command `ReserveStock` → decided by `Inventory`.

use domain::inventory::{Inventory, ReserveStock};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Inventory, ReserveStock>(env!("CARGO_BIN_NAME"))
}
