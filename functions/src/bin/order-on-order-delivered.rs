//! Event `OrderDelivered` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderDelivered, OrderDetails, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderDelivered, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
