//! `ConfirmOrder` → confirm the order, unless it was cancelled.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::order::on_confirm_order)
}
