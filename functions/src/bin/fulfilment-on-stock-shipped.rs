//! Event `StockShipped` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, inventory::StockShipped};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, StockShipped>(env!("CARGO_BIN_NAME"))
}
