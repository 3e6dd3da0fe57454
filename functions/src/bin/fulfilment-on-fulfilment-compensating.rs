//! Event `FulfilmentCompensating` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentCompensating, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentCompensating, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
