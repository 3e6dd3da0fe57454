//! Event `FulfilmentStepUndone` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentStepUndone, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentStepUndone, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
