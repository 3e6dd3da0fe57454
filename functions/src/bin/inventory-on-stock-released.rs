//! Event `StockReleased` → updates `Stock`.

use domain::inventory::{Stock, StockReleased};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<StockReleased, Stock>(env!("CARGO_BIN_NAME"))
}
