//! Event `ThresholdExceeded` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceStatus, DeviceWindows, ThresholdExceeded};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ThresholdExceeded, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
