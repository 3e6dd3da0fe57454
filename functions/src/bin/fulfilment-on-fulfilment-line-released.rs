//! Event `FulfilmentLineReleased` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentLineReleased, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentLineReleased, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
