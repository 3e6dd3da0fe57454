//! `FulfilmentCompensated` → move the fulfilment to the undone ones.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_compensated)
}
