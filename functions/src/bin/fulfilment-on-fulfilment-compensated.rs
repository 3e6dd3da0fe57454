//! Event `FulfilmentCompensated` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentCompensated, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentCompensated, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
