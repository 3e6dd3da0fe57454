//! The wire under the SDK: a real database behind it, a meter on it, and faults in it.

mod cost;
mod dynoxide;
mod fate;
mod meter;

pub use dynoxide::Dynoxide;
pub use dynoxide::Stores;
pub use fate::Asked;
pub use fate::Fate;
pub use meter::Call;
pub use meter::Meter;
