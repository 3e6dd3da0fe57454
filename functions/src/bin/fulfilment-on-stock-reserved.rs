//! Event `StockReserved` → handled by fulfilment.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_stock_reserved)
}
