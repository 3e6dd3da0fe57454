//! Event `PaymentProcessed` → updates `PaymentSummary`.

use domain::payment::{PaymentProcessed, PaymentSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<PaymentProcessed, PaymentSummary>(env!("CARGO_BIN_NAME"))
}
