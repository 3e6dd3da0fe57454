//! Event `FulfilmentReserved` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentReserved, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentReserved, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
