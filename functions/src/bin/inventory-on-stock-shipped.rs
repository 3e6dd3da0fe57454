//! `StockShipped` → count what left.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_stock_shipped)
}
