//! Event `PaymentFailed` → handled by fraud.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fraud::on_payment_failed)
}
