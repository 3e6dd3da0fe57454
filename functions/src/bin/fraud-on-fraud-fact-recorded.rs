//! Event `FraudFactRecorded` → updates `FraudCase`.

use domain::fraud::{FraudCase, FraudFactRecorded};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FraudFactRecorded, FraudCase>(env!("CARGO_BIN_NAME"))
}
