//! Event `FulfilmentLineReserved` → updates `ProcessBoard`.

use domain::fulfilment::{FulfilmentLineReserved, ProcessBoard};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<FulfilmentLineReserved, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
