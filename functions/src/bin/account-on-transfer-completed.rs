//! Event `TransferCompleted` → handled by account.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::account::on_transfer_completed)
}
