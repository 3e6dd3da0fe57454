//! Event `PaymentRefunded` → updates `PaymentSummary`.

use domain::payment::{PaymentRefunded, PaymentSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<PaymentRefunded, PaymentSummary>(env!("CARGO_BIN_NAME"))
}
