//! Event `OrderPlaced` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderDetails, OrderPlaced, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderPlaced, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
