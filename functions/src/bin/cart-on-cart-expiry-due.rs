//! Command `CartExpiryDue` → handled by cart.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::cart::on_cart_expiry_due)
}
