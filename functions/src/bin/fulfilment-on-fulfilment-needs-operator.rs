//! Event `FulfilmentNeedsOperator` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentNeedsOperator, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentNeedsOperator, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
