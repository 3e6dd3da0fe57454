//! Event `ShipmentDelivered` → updates `ShipmentTracking`.

use domain::shipment::{ShipmentDelivered, ShipmentTracking};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ShipmentDelivered, ShipmentTracking>(env!("CARGO_BIN_NAME"))
}
