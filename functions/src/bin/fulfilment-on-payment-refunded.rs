//! Event `PaymentRefunded` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, payment::PaymentRefunded};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, PaymentRefunded>(env!("CARGO_BIN_NAME"))
}
