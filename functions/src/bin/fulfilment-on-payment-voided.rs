//! Event `PaymentVoided` → handled by `Fulfilment`.

use domain::{fulfilment::Fulfilment, payment::PaymentVoided};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_saga::<Fulfilment, PaymentVoided>(env!("CARGO_BIN_NAME"))
}
