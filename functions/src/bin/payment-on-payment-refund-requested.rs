//! Event `PaymentRefundRequested` → updates `PaymentSummary`.

use domain::payment::{PaymentRefundRequested, PaymentSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<PaymentRefundRequested, PaymentSummary>(env!("CARGO_BIN_NAME"))
}
