//! Command `AbortFulfilment` → handled by `Fulfilment`.

use domain::fulfilment::{AbortFulfilment, Fulfilment};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, AbortFulfilment>(env!("CARGO_BIN_NAME"))
}
