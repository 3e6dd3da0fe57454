//! Event `FulfilmentStepDone` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentStepDone, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentStepDone, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
