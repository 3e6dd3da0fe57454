//! Event `OrderCancellationRequested` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderCancellationRequested, OrderDetails, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderCancellationRequested, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
