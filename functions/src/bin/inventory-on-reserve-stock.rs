//! `ReserveStock` → reserve for the order, or refuse.

fn main() -> std::process::ExitCode {
    aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_reserve_stock)
}
