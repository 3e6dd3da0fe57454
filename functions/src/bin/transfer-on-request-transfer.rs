//! Command `RequestTransfer` → decided by `Transfer`.

use domain::transfer::{RequestTransfer, Transfer};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_command::<Transfer, RequestTransfer>(env!("CARGO_BIN_NAME"))
}
