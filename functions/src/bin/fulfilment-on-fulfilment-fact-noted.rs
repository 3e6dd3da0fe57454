//! Event `FulfilmentFactNoted` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentFactNoted, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentFactNoted, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
