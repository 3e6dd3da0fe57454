//! Event `OrderShipped` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderDetails, OrderShipped, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderShipped, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
