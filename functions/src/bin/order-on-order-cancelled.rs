//! Event `OrderCancelled` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderCancelled, OrderDetails, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderCancelled, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
