//! Event `StockReserved` → updates `Stock`.

use domain::inventory::{Stock, StockReserved};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<StockReserved, Stock>(env!("CARGO_BIN_NAME"))
}
