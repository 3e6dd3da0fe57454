//! Command `ConfirmDelivery` → decided by `Shipment`.

use domain::shipment::{ConfirmDelivery, Shipment};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Shipment, ConfirmDelivery>(env!("CARGO_BIN_NAME"))
}
