//! Event `PaymentProcessed` → handled by order.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::order::on_payment_processed)
}
