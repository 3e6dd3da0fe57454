//! Event `OrderConfirmed` → handled by public.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::public::on_order_confirmed)
}
