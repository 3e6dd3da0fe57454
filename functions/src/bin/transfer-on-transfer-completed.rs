//! Event `TransferCompleted` → updates `TransferSummary`.

use domain::transfer::{TransferCompleted, TransferSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferCompleted, TransferSummary>(env!("CARGO_BIN_NAME"))
}
