//! Event `OrderCancelled` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderCancelled};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderCancelled>(env!("CARGO_BIN_NAME"))
}
