//! CORS: what an API answers to the pages of other sites.

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
            ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
        },
    },
    response::{IntoResponse, Response},
};

use crate::template::Cors;

/// Whether a browser asks what it may send.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight.
pub(crate) fn preflight(cors: &Cors, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if allow(cors, headers, response.headers_mut()) {
        let answer = response.headers_mut();
        put(answer, ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods.join(","));
        put(answer, ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers.join(","));
        if let Some(seconds) = cors.max_age {
            put(answer, ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
        }
    }
    response
}

/// Adds the headers that let a page read an answer, if its origin is allowed. Those of the function are replaced.
pub(crate) fn allow(cors: &Cors, headers: &HeaderMap, answer: &mut HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return false };
    let any = cors.allow_origins.iter().any(|allowed| allowed == "*");
    if !any && !cors.allow_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return false;
    }
    put(answer, ACCESS_CONTROL_ALLOW_ORIGIN, if any && !cors.allow_credentials { "*" } else { origin });
    put(answer, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers.join(","));
    if cors.allow_credentials {
        put(answer, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    true
}

/// Sets a header, unless it would be empty.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.insert(name, value);
    }
}
