//! One small domain for both sides of the comparison: a customer's book of orders, where each order is one event.
//! The event, its body and its metadata are the same on both sides; only the crates differ.

pub mod event;
pub mod ours;
pub mod peer;
