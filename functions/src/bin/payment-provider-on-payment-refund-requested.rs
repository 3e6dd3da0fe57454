//! Event `PaymentRefundRequested` → handled by payment-provider.

fn main() -> std::process::ExitCode {
    causeway_aws::serve_http(
        "payments",
        env!("CARGO_BIN_NAME"),
        functions::payment_provider::on_payment_refund_requested,
    )
}
