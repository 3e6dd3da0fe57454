//! What the tests share with the chaos run: the invariants, the chaos run itself, and a DynamoDB with a meter.

pub mod chaos;
pub mod invariants;
pub mod payments;
pub mod wire;
