//! Command `SetThreshold` → handled by device.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::device::on_set_threshold)
}
