//! Event `FulfilmentCompleted` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentCompleted, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentCompleted, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
