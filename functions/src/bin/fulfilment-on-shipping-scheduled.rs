//! Event `ShippingScheduled` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, shipment::ShippingScheduled};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, ShippingScheduled>(env!("CARGO_BIN_NAME"))
}
