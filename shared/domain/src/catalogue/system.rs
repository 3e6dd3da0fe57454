//! Samples of what the machinery says.

use causeway::message::system::CommandRejected;
use serde_json::json;

use super::Entry;

pub(super) fn entries() -> Vec<Entry> {
    vec![Entry::of::<CommandRejected>(json!({
        "stream": "order/o-1001",
        "commandId": "0193e7a0-0000-7000-8000-000000000000",
        "command": "PlaceOrder",
        "rule": "NoLines",
        "reason": "lines: an order has at least one line",
    }))]
}
