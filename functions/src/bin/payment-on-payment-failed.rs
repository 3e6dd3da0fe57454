//! Event `PaymentFailed` → updates `PaymentSummary`.

use domain::payment::{PaymentFailed, PaymentSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<PaymentFailed, PaymentSummary>(env!("CARGO_BIN_NAME"))
}
