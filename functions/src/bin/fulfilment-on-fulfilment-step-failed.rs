//! Event `FulfilmentStepFailed` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentStepFailed, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentStepFailed, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
