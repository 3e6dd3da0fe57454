//! The business: contexts with their messages, rules and views. Pure: values in, values out.
//! Each context is a page with its table, and under it `events`, `decider`, `views`, `v1`, `samples`, `tests`, in this
//! order. `contexts()` is the registry: a new context has its line there.

#![warn(clippy::wildcard_enum_match_arm, clippy::float_arithmetic)]

pub mod account;
pub mod address;
pub mod analytics;
pub mod cart;
pub mod context;
pub mod device;
pub mod email;
pub mod fraud;
pub mod fulfilment;
pub mod ids;
pub mod inventory;
pub mod money;
pub mod notification;
pub mod order;
pub mod payment;
pub mod public;
pub mod quantity;
pub mod shipment;
pub mod stock_report;
pub mod transfer;
pub mod user;

#[cfg(test)]
mod tests;

use causeway::message::{CommandRejected, ErrorOccurred, ServiceStarted, SystemEvent};
use serde_json::json;

pub use context::{Context, Entry, Family};

/// All contexts.
pub fn contexts() -> Vec<Context> {
    vec![
        order::context(),
        inventory::context(),
        fulfilment::context(),
        notification::context(),
        stock_report::context(),
        payment::context(),
        shipment::context(),
        user::context(),
        cart::context(),
        public::context(),
        account::context(),
        transfer::context(),
        device::context(),
        fraud::context(),
        analytics::context(),
    ]
}

/// The families of all messages, those of the library included.
pub fn families() -> Vec<Family> {
    let of_contexts = contexts().into_iter().flat_map(|context| context.families);
    of_contexts.chain([Family::of::<SystemEvent>()]).collect()
}

/// All messages with their samples, by context, those of the library included.
pub fn catalogue() -> Vec<Entry> {
    let rejected = Entry::of::<CommandRejected>(json!({
        "stream": "order/o-1001",
        "commandId": "0193e7a0-0000-7000-8000-000000000000",
        "command": "PlaceOrder",
        "rule": "NoLines",
        "reason": "lines: an order has at least one line",
    }));
    let occurred = Entry::of::<ErrorOccurred>(json!({
        "consumer": "order-on-place-order",
        "message": "PlaceOrder",
        "messageId": "0193e7a0-0000-7000-8000-000000000000",
        "reason": "MALFORMED",
        "explanation": "lines[0].sku: missing field",
    }));
    let started = Entry::of::<ServiceStarted>(json!({ "function": "order-on-place-order" }));
    let system = [rejected, occurred, started];
    contexts().into_iter().flat_map(|context| context.entries).chain(system).collect()
}
