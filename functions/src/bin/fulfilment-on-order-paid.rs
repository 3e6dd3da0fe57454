//! Event `OrderPaid` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderPaid};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderPaid>(env!("CARGO_BIN_NAME"))
}
