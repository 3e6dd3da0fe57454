//! Event `StockReceived` → updates `Stock`.

use domain::inventory::{Stock, StockReceived};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<StockReceived, Stock>(env!("CARGO_BIN_NAME"))
}
