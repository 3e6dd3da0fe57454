//! Event `OrderPlaced` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderPlaced};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderPlaced>(env!("CARGO_BIN_NAME"))
}
