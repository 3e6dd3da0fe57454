//! `FulfilmentReserved` → keep the board in step.

fn main() -> std::process::ExitCode {
    aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_reserved)
}
