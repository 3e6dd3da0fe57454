//! Event `FulfilmentDeadlinePassed` → handled by `Fulfilment`.

use domain::fulfilment::{Fulfilment, FulfilmentDeadlinePassed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, FulfilmentDeadlinePassed>(env!("CARGO_BIN_NAME"))
}
