//! Event `SilenceCheckMoved` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceStatus, DeviceWindows, SilenceCheckMoved};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<SilenceCheckMoved, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
