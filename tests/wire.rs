//! The wire under the SDK: a real database behind it, a meter on it, and faults in it.

mod cost;
mod dynoxide;
mod fate;
mod meter;

pub use dynoxide::{Dynoxide, Stores};
pub use fate::{Asked, Fate};
pub use meter::{Call, Meter};
