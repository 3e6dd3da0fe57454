//! Event `OrderCompleted` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderCompleted};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderCompleted>(env!("CARGO_BIN_NAME"))
}
