//! Gateways: clients of outside services, and the circuit breaker in front of them.

pub mod breaker;
pub mod gateways;
pub mod mail;

pub use breaker::{Breaker, BreakerError, BreakerPolicy};
pub use gateways::{Gateways, NotConnected};
pub use mail::{AcceptedMail, FoundMail, Mail, MailError, Mailer};
