//! `ReceiveStock` → put what came in on its shelf.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::inventory::on_receive_stock)
}
