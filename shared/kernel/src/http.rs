//! HTTP routes: an [`HttpFunction`] answers the requests of a family of paths. A handler takes the [`App`](crate::App) and an
//! [`HttpRequest`] and returns an [`HttpResponse`], or a [`Problem`] that names the field and the rule.

pub mod function;
pub mod problem;
pub mod read;
pub mod request;
pub mod response;

#[cfg(test)]
mod tests;

pub use function::{Answers, HttpFunction, HttpHandler, HttpRight, HttpRoute, QueryParameter};
pub use problem::Problem;
pub use read::{Pauses, list, projected_list, row};
pub use request::{Caller, HttpRequest};
pub use response::HttpResponse;
