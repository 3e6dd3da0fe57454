//! Command `ReleaseStock` → decided by `Inventory`.

use domain::inventory::{Inventory, ReleaseStock};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Inventory, ReleaseStock>(env!("CARGO_BIN_NAME"))
}
