//! Event `HoldRejected` → updates `FraudCase`.

use domain::fraud::{FraudCase, HoldRejected};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<HoldRejected, FraudCase>(env!("CARGO_BIN_NAME"))
}
