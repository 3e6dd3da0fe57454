//! Event `FulfilmentStarted` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentStarted, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentStarted, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
