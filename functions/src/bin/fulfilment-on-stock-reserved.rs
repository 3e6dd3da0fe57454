//! Event `StockReserved` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, inventory::StockReserved};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, StockReserved>(env!("CARGO_BIN_NAME"))
}
