//! Event `OrderHeld` → updates `FraudCase`.

use domain::fraud::{FraudCase, OrderHeld};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderHeld, FraudCase>(env!("CARGO_BIN_NAME"))
}
