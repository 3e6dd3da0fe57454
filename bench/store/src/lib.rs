//! The cost and the duration of a command: Causeway compared with the published crate `dynamo-es`, on one endpoint.

pub mod endpoint;
pub mod meter;
pub mod ours;
pub mod peer;
pub mod rules;
pub mod value_size;
