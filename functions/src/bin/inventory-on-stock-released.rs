//! `StockReleased` → count what came back.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_stock_released)
}
