//! Event `ShippingScheduled` → updates `ShipmentTracking`.

use domain::shipment::{ShipmentTracking, ShippingScheduled};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ShippingScheduled, ShipmentTracking>(env!("CARGO_BIN_NAME"))
}
