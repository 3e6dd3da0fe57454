//! Command `DeviceSilenceDue` → handled by device.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::device::on_device_silence_due)
}
