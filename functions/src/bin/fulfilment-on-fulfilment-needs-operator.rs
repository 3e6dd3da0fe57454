//! `FulfilmentNeedsOperator` → move the fulfilment to those somebody must look at.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_needs_operator)
}
