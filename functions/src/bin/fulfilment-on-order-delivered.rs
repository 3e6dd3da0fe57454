//! Event `OrderDelivered` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, order::OrderDelivered};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, OrderDelivered>(env!("CARGO_BIN_NAME"))
}
