//! Event `TransferFailed` → updates `TransferSummary`.

use domain::transfer::{TransferFailed, TransferSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferFailed, TransferSummary>(env!("CARGO_BIN_NAME"))
}
