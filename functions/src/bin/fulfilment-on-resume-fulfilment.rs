//! Command `ResumeFulfilment` → handled by `Fulfilment`.

use domain::fulfilment::{Fulfilment, ResumeFulfilment};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, ResumeFulfilment>(env!("CARGO_BIN_NAME"))
}
