//! Command `RecordReadings` → handled by device.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::device::on_record_readings)
}
