//! `FulfilmentReserved` → keep the board in step.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_reserved)
}
