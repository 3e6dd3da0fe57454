//! Event `ShippingCancelled` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, shipment::ShippingCancelled};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, ShippingCancelled>(env!("CARGO_BIN_NAME"))
}
