//! Event `PaymentVoided` → updates `PaymentSummary`.

use domain::payment::{PaymentSummary, PaymentVoided};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<PaymentVoided, PaymentSummary>(env!("CARGO_BIN_NAME"))
}
