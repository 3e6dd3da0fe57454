//! Event `StockReservationFailed` → updates `Stock`.

use domain::inventory::{Stock, StockReservationFailed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<StockReservationFailed, Stock>(env!("CARGO_BIN_NAME"))
}
