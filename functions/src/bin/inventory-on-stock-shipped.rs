//! Event `StockShipped` → updates `Stock`.

use domain::inventory::{Stock, StockShipped};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<StockShipped, Stock>(env!("CARGO_BIN_NAME"))
}
