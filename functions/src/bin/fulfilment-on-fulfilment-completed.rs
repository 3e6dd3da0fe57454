//! `FulfilmentCompleted` → move the fulfilment to the completed ones.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_completed)
}
