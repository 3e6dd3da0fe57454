//! Gateways: clients of outside systems, and the circuit breaker in front of them.

pub mod breaker;
pub mod circuit;
pub mod gateways;
pub mod guarded_http;
pub mod http;
pub mod mail;

pub use breaker::{Breaker, CircuitIsOpen, CircuitStore, Permit, Replaced};
pub use circuit::{BreakerPolicy, Circuit, StoredCircuit};
pub use gateways::{Gateways, NotConnected};
pub use guarded_http::GuardedHttp;
pub use http::{HttpClient, HttpError, HttpMethod, HttpRequest, HttpResponse};
pub use mail::{AcceptedMail, FoundMail, Mail, MailError, Mailer};
