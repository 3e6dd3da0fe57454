//! Event `ReadingWindowClosed` → updates `DeviceStatus` and `DeviceWindows`.

use domain::device::{DeviceStatus, DeviceWindows, ReadingWindowClosed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ReadingWindowClosed, (DeviceStatus, DeviceWindows)>(env!("CARGO_BIN_NAME"))
}
