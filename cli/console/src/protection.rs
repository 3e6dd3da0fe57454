//! What keeps other pages of the browser out: headers that allow only our own files, and a token in every form.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use crate::fields::Fields;

/// Only files of this server, nothing in a frame, no script or style inside of a page.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// The largest form.
const LARGEST_FORM: usize = 2 * 1024 * 1024;

/// The token of the forms of this start.
#[derive(Clone, Debug)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Compares all bytes, however early they differ.
    fn is(&self, given: &str) -> bool {
        let differing = self.0.bytes().zip(given.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
        given.len() == self.0.len() && differing == 0
    }
}

/// Passes on a request that changes nothing, or whose form has the token.
pub(crate) async fn require_token(State(token): State<Token>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_FORM).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the form is too large").into_response();
    };
    if !token.is(Fields::read(&String::from_utf8_lossy(&body)).get("token")) {
        let why = "The form is of an earlier start of the console: go back, load the page again, and repeat it.";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Adds the headers to every page.
pub(crate) async fn with_policy(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
