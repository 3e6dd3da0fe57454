//! Event `SensorReading` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceStatus, DeviceWindows, SensorReading};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<SensorReading, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
