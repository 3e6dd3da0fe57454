//! Event `TransferReturned` → handled by transfer.

fn main() -> std::process::ExitCode {
    causeway_aws::serve(env!("CARGO_BIN_NAME"), functions::transfer::on_transfer_returned)
}
