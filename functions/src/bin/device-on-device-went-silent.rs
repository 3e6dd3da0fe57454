//! Event `DeviceWentSilent` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceStatus, DeviceWentSilent, DeviceWindows};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<DeviceWentSilent, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
