//! Event `OrderConfirmed` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderConfirmed, OrderDetails, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderConfirmed, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
