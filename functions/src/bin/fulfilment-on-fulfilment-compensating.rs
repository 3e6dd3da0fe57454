//! `FulfilmentCompensating` → move the fulfilment to those being undone.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_compensating)
}
