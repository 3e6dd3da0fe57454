//! Command `ScheduleShipping` → decided by `Shipment`.

use domain::shipment::{ScheduleShipping, Shipment};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Shipment, ScheduleShipping>(env!("CARGO_BIN_NAME"))
}
