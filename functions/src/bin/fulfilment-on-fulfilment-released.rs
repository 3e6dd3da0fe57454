//! Event `FulfilmentReleased` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentReleased, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentReleased, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
