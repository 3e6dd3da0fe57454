//! Command `ShipOrder` → decided by `Shipment`.

use domain::shipment::{ShipOrder, Shipment};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Shipment, ShipOrder>(env!("CARGO_BIN_NAME"))
}
