//! Event `DeviceBecameActive` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceBecameActive, DeviceStatus, DeviceWindows};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<DeviceBecameActive, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
