//! Command `UpdateTracking` → decided by `Shipment`.

use domain::shipment::{Shipment, UpdateTracking};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Shipment, UpdateTracking>(env!("CARGO_BIN_NAME"))
}
