//! `OrderCancelled` → write to the buyer why, once.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::notification::on_order_cancelled)
}
