//! Event `TransferRequested` → updates `TransferSummary`.

use domain::transfer::{TransferRequested, TransferSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<TransferRequested, TransferSummary>(env!("CARGO_BIN_NAME"))
}
