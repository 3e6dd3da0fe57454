//! `StockReleased` → with the last line, cancel the order.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_stock_released)
}
