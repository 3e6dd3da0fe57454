//! Refuses requests that a web page could make this machine's browser send: by DNS rebinding (a foreign `Host`), from
//! another site (`Origin`, `Sec-Fetch-Site`), or with a body type that needs no CORS preflight.
//!
//! The rule, for every route:
//!
//! - `Host`, without its port, is `localhost`, `127.0.0.1` or `[::1]`. So is the host of an absolute request URI.
//! - `Origin`, if it is sent, has one of these hosts. `null` is foreign.
//! - `Sec-Fetch-Site`, if it is sent, is `same-origin` or `none`; `same-site` needs an `Origin` of ours beside it.
//! - `Content-Type` is never `text/plain`. A browser (a request with `Origin` or `Sec-Fetch-Site`) sends no form to
//!   `/_causeway/`.

use std::net::Ipv4Addr;

use axum::{
    Json,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{CONTENT_TYPE, HOST, ORIGIN},
        uri::Authority,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The header in which services with paths name the error.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The AWS error code of every refusal.
pub(crate) const CODE: &str = "AccessDeniedException";

/// Why a request is refused. Each variant is one header and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForeignRequest {
    /// `Host` is missing or names another machine.
    #[error("Host must be localhost, 127.0.0.1 or [::1], and is {0}")]
    Host(String),
    /// `Origin` names another site.
    #[error("Origin must be a page on localhost, 127.0.0.1 or [::1], and is {0}")]
    Origin(String),
    /// The browser says that another site sends the request.
    #[error("Sec-Fetch-Site must be same-origin or none, or same-site with an Origin on this machine, and is {0}")]
    FetchSite(String),
    /// The body has a type that a browser sends to other sites without asking first.
    #[error("Content-Type must not be {0}: send application/json")]
    ContentType(String),
}

impl ForeignRequest {
    /// The header that breaks the rule.
    pub(crate) fn header(&self) -> &'static str {
        match self {
            Self::Host(_) => "Host",
            Self::Origin(_) => "Origin",
            Self::FetchSite(_) => "Sec-Fetch-Site",
            Self::ContentType(_) => "Content-Type",
        }
    }
}

impl IntoResponse for ForeignRequest {
    /// 403 in AWS's error shape: the code in the body for the JSON protocols, in a header for those with paths.
    fn into_response(self) -> Response {
        let (header, rule) = (self.header(), self.to_string());
        let message = format!("The local cloud answers this machine only. {rule}.");
        let body = json!({ "__type": CODE, "message": message, "Message": message, "header": header, "rule": rule });
        (StatusCode::FORBIDDEN, [(ERROR_TYPE, HeaderValue::from_static(CODE))], Json(body)).into_response()
    }
}

/// Middleware that passes on the requests of this machine, and refuses every other.
pub async fn refuse_foreign(request: Request, next: Next) -> Response {
    let checked = check_caller(request.uri(), request.headers(), is_local_authority);
    pass_on(checked.and_then(|()| check_content_type(request.uri(), request.headers())), request, next).await
}

/// The same for the Lambda Runtime API, which has a loopback address of its own for each process, and where a function
/// may answer with any type of content.
pub(crate) async fn refuse_foreign_callers(request: Request, next: Next) -> Response {
    pass_on(check_caller(request.uri(), request.headers(), is_loopback_authority), request, next).await
}

async fn pass_on(checked: Result<(), ForeignRequest>, request: Request, next: Next) -> Response {
    match checked {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            tracing::warn!(header = refusal.header(), reason = %refusal, "foreign request refused");
            refusal.into_response()
        }
    }
}

fn check_caller(uri: &Uri, headers: &HeaderMap, is_our_host: fn(&str) -> bool) -> Result<(), ForeignRequest> {
    let hosts: Vec<String> = values(headers, &HOST).chain(uri.authority().map(ToString::to_string)).collect();
    if hosts.is_empty() {
        return Err(ForeignRequest::Host("missing".to_owned()));
    }
    if let Some(foreign) = hosts.into_iter().find(|host| !is_our_host(host)) {
        return Err(ForeignRequest::Host(foreign));
    }
    if let Some(foreign) = values(headers, &ORIGIN).find(|origin| !is_local_origin(origin)) {
        return Err(ForeignRequest::Origin(foreign));
    }
    let has_origin = headers.contains_key(ORIGIN);
    let is_ours = |site: &str| matches!(site, "same-origin" | "none") || (site == "same-site" && has_origin);
    match values(headers, &FETCH_SITE).find(|site| !is_ours(site)) {
        Some(foreign) => Err(ForeignRequest::FetchSite(foreign)),
        None => Ok(()),
    }
}

fn check_content_type(uri: &Uri, headers: &HeaderMap) -> Result<(), ForeignRequest> {
    let is_browser = headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE);
    let is_control = uri.path().starts_with("/_causeway/");
    let refused = |content_type: &String| match essence(content_type).as_str() {
        "text/plain" => true,
        "application/x-www-form-urlencoded" | "multipart/form-data" => is_browser && is_control,
        _ => false,
    };
    match values(headers, &CONTENT_TYPE).find(refused) {
        Some(content_type) => Err(ForeignRequest::ContentType(essence(&content_type))),
        None => Ok(()),
    }
}

/// All values of a header. What is no text is replaced by something that no rule accepts.
fn values(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn is_local_authority(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    !authority.as_str().contains('@') && LOCAL_HOSTS.iter().any(|host| authority.host().eq_ignore_ascii_case(host))
}

/// A local host, or any loopback address. No DNS name is one, so rebinding cannot reach it.
fn is_loopback_authority(authority: &str) -> bool {
    let host = authority.parse::<Authority>().ok().filter(|_| !authority.contains('@'));
    let address = host.and_then(|authority| authority.host().parse::<Ipv4Addr>().ok());
    is_local_authority(authority) || address.is_some_and(|address| address.is_loopback())
}

fn is_local_origin(origin: &str) -> bool {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    rest.is_some_and(is_local_authority)
}

/// The content type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{is_local_authority, is_loopback_authority};

    #[test]
    fn a_process_may_call_its_own_loopback_address_and_no_name_stands_for_it() {
        for (authority, is_local, is_loopback) in [
            ("127.0.0.1:9001", true, true),
            ("[::1]", true, true),
            ("127.4.5.6:9001", false, true),
            ("10.0.0.1", false, false),
            ("127.4.5.6.evil.example:9001", false, false),
            ("user@127.4.5.6", false, false),
        ] {
            assert_eq!((is_local_authority(authority), is_loopback_authority(authority)), (is_local, is_loopback));
        }
    }
}
