//! The wire under the SDK: a real database behind it, a meter on it, and faults in it.

mod cost;
mod dynoxide;
mod meter;
mod request_fault;

pub use dynoxide::{Dynoxide, Stores};
pub use meter::{Call, Meter};
pub use request_fault::{Asked, RequestFault};
