//! Event `StockReservationFailed` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, inventory::StockReservationFailed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, StockReservationFailed>(env!("CARGO_BIN_NAME"))
}
