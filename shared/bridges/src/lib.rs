//! Bridges between the bus of Causeway and a broker, in both directions: at least once, the order of each stream kept.
//!
//! [`inbound`] takes messages from a broker and publishes them; [`outbound`] sends the events of the log. Both run on the
//! ports of [`broker`], which one module per broker implements. An event that came in does not go out again.

pub mod broker;
pub mod counters;
pub mod cursor;
pub mod inbound;
pub mod incoming;
pub mod lambda;
pub mod options;
pub mod outbound;
pub mod outgoing;
pub mod publisher;
pub mod queue;
pub mod run;
pub mod stop;

#[cfg(test)]
mod fixtures;

#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "redis")]
pub mod redis;
