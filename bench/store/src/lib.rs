//! What a command costs and how long it takes, Causeway beside the published `dynamo-es`, on one endpoint.

pub mod endpoint;
pub mod meter;
pub mod ours;
pub mod peer;
pub mod rules;
pub mod value_size;
