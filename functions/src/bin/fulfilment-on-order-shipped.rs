//! Event `OrderShipped` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderShipped};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderShipped>(env!("CARGO_BIN_NAME"))
}
