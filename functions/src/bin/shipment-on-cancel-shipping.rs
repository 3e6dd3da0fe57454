//! Command `CancelShipping` → decided by `Shipment`.

use domain::shipment::{CancelShipping, Shipment};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Shipment, CancelShipping>(env!("CARGO_BIN_NAME"))
}
