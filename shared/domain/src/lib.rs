//! The business: contexts with their messages, rules and read models. Pure: values in, values out.
//! Each context is a page with its table, and under it `events`, `decider`, `views`, `v1`, `tests`, in this order.

#![warn(clippy::wildcard_enum_match_arm, clippy::float_arithmetic)]

pub mod address;
pub mod catalogue;
pub mod email;
pub mod fulfilment;
pub mod ids;
pub mod inventory;
pub mod money;
pub mod never;
pub mod notification;
pub mod order;
pub mod quantity;
pub mod stock_report;
pub mod streams;

#[cfg(test)]
mod tests;

pub use catalogue::{Entry, catalogue};
pub use streams::streams;
