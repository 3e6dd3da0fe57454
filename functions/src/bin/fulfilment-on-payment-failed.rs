//! Event `PaymentFailed` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, payment::PaymentFailed};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, PaymentFailed>(env!("CARGO_BIN_NAME"))
}
