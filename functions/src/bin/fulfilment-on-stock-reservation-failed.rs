//! `StockReservationFailed` → undo what was done for the order.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_stock_reservation_failed)
}
