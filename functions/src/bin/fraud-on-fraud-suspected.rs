//! Event `FraudSuspected` → updates `FraudCase`.

use domain::fraud::{FraudCase, FraudSuspected};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FraudSuspected, FraudCase>(env!("CARGO_BIN_NAME"))
}
