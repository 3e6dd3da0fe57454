//! Event `OrderConfirmed` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderConfirmed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderConfirmed>(env!("CARGO_BIN_NAME"))
}
