//! `StockReserved` → count what is held.

fn main() -> std::process::ExitCode {
    aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_stock_reserved)
}
