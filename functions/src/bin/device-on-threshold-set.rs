//! Event `ThresholdSet` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceStatus, DeviceWindows, ThresholdSet};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ThresholdSet, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
