//! `OrderCancelled` → show the order as cancelled, and why.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::order::on_order_cancelled)
}
