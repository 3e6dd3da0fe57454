//! Event `OrderPaid` → updates `OrderSummary` and `OrderDetails`.

use domain::order::{OrderDetails, OrderPaid, OrderSummary};

fn main() -> std::process::ExitCode {
    causeway_aws::serve_views::<OrderPaid, (OrderSummary, OrderDetails)>(env!("CARGO_BIN_NAME"))
}
