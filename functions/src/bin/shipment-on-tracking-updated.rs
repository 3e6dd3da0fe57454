//! Event `TrackingUpdated` → updates `ShipmentTracking`.

use domain::shipment::{ShipmentTracking, TrackingUpdated};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TrackingUpdated, ShipmentTracking>(env!("CARGO_BIN_NAME"))
}
