//! Command `RefundPayment` → handled by payment.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::payment::on_refund_payment)
}
