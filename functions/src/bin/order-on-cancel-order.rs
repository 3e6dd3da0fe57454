//! `CancelOrder` → cancel the order.

fn main() -> std::process::ExitCode {
    aws::serve(env!("CARGO_BIN_NAME"), functions::order::on_cancel_order)
}
