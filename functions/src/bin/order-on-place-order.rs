//! Command `PlaceOrder` → handled by order.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::order::on_place_order)
}
