//! `ShipStock` → let go what the order holds.

fn main() -> std::process::ExitCode {
    aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_ship_stock)
}
