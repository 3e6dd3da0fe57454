//! HTTP APIs of API Gateway: finds the route of a request, writes it as the payload of a function, and reads the
//! function's answer, both in the payload format 2.0.

mod claims;
mod cors;
mod request;
mod response;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use claims::authorize;
pub(crate) use cors::{allow, is_preflight, preflight};
pub(crate) use request::{Caller, payload};
pub(crate) use response::{error, response};
pub(crate) use routes::find_route;
