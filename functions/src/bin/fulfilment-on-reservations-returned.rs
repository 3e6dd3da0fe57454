//! Event `ReservationsReturned` → updates `ProcessBoard`.

use domain::fulfilment::{ProcessBoard, ReservationsReturned};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<ReservationsReturned, ProcessBoard>(env!("CARGO_BIN_NAME"))
}
