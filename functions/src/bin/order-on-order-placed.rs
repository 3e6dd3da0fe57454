//! `OrderPlaced` → put the order into its views.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::order::on_order_placed)
}
