//! `FulfilmentStarted` → put the fulfilment on the board.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_started)
}
