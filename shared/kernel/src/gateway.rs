//! Gateways: clients of outside parties, and the circuit breaker in front of them.

pub mod breaker;
pub mod gateways;
pub mod mail;
