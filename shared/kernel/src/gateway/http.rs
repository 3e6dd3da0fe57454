//! [`HttpClient`], the port to outside systems that speak HTTP. An error tells whether the request may have had its effect.

use async_trait::async_trait;

use crate::failure::BoxError;

/// A client of outside systems.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends the request and returns the response, whatever its status.
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError>;
}

/// A request to an outside system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The outside system: `payments`. Its address and its credentials are configured under this name.
    pub party: &'static str,
    /// The method.
    pub method: HttpMethod,
    /// The path below the system's address, with its leading slash.
    pub path: String,
    /// The idempotency key: the system has the effect of this request once, however often it is sent.
    pub idempotency_key: Option<String>,
    /// The body, as JSON.
    pub body: Option<String>,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Has an effect.
    Post,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// A request without a response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// It was certainly not received.
    #[error("the request was not sent")]
    NotSent(#[source] BoxError),
    /// It may have been received, and may have had its effect.
    #[error("the request was not answered")]
    NoAnswer(#[source] BoxError),
    /// It was not sent, because the system failed too often.
    #[error("the request was not sent: the circuit is open after repeated failures")]
    CircuitOpen,
}

impl HttpRequest {
    /// Whether sending it twice has the effect of sending it once.
    pub fn is_repeatable(&self) -> bool {
        self.method == HttpMethod::Get || self.idempotency_key.is_some()
    }
}

impl HttpMethod {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl HttpResponse {
    /// Whether the system failed; the request may have had its effect nevertheless.
    pub fn is_server_error(&self) -> bool {
        self.status >= 500
    }

    /// Whether the system refused the request, because it gets too many.
    pub fn is_throttled(&self) -> bool {
        self.status == 429
    }
}
