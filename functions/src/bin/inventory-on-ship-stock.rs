//! Command `ShipStock` → decided by `Inventory`.

use domain::inventory::{Inventory, ShipStock};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Inventory, ShipStock>(env!("CARGO_BIN_NAME"))
}
