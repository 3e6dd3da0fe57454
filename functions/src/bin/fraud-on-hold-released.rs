//! Event `HoldReleased` → updates `FraudCase`.

use domain::fraud::{FraudCase, HoldReleased};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<HoldReleased, FraudCase>(env!("CARGO_BIN_NAME"))
}
