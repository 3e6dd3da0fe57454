//! `ReserveStock` → reserve for the order, or refuse.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_reserve_stock)
}
