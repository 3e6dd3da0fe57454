//! Event `FulfilmentDeadlinePassed` → handled by fulfilment.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::fulfilment::on_fulfilment_deadline_passed)
}
