//! Event `StockReleased` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, inventory::StockReleased};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, StockReleased>(env!("CARGO_BIN_NAME"))
}
