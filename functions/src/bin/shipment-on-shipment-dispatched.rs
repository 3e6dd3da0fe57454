//! Event `ShipmentDispatched` → updates `ShipmentTracking`.

use domain::shipment::{ShipmentDispatched, ShipmentTracking};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ShipmentDispatched, ShipmentTracking>(env!("CARGO_BIN_NAME"))
}
