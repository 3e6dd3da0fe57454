//! Event `ShippingCancelled` → updates `ShipmentTracking`.

use domain::shipment::{ShipmentTracking, ShippingCancelled};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ShippingCancelled, ShipmentTracking>(env!("CARGO_BIN_NAME"))
}
