//! Event `PaymentRequested` → updates `PaymentSummary`.

use domain::payment::{PaymentRequested, PaymentSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<PaymentRequested, PaymentSummary>(env!("CARGO_BIN_NAME"))
}
