//! Event `OrderCompleted` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderCompleted, OrderDetails, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderCompleted, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
