//! The payload format 2.0: the event of a request, and the response that a function returns.

use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Request,
    routes::{Variables, decoded},
};
use crate::template::{HttpApi, HttpApiRoute};

/// The call of a route.
pub(super) struct Call<'c> {
    pub(super) account: &'c str,
    pub(super) api: &'c HttpApi,
    pub(super) route: &'c HttpApiRoute,
    pub(super) variables: Variables,
    pub(super) request_id: &'c str,
    pub(super) now: Timestamp,
}

impl Call<'_> {
    /// The event that the function gets.
    pub(super) fn event(&self, request: Request<'_>, body: &Bytes) -> Value {
        let (api, stage) = (&self.api.api, &self.api.stage);
        let path = decoded(request.path);
        let path = if stage == "$default" { path } else { format!("/{stage}{path}") };
        let route = match self.route.path.as_str() {
            "$default" => "$default".to_owned(),
            path => format!("{} {path}", self.route.method),
        };
        let text = |name| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut event = json!({
            "version": "2.0", "routeKey": route, "rawPath": path,
            "rawQueryString": request.uri.query().unwrap_or_default(), "headers": headers(request.headers),
            "requestContext": {
                "accountId": self.account, "apiId": api, "domainName": text(header::HOST), "domainPrefix": api,
                "http": {
                    "method": request.method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                    "userAgent": text(header::USER_AGENT),
                },
                "requestId": self.request_id, "routeKey": route, "stage": stage,
                "time": self.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.now.as_millisecond(),
            },
            "isBase64Encoded": false,
        });
        let query = query(request.uri.query().unwrap_or_default());
        let cookies: Vec<&str> = text(header::COOKIE).split("; ").filter(|cookie| !cookie.is_empty()).collect();
        let mut add = |name: &str, value: Value| {
            if let Some(fields) = event.as_object_mut() {
                fields.insert(name.to_owned(), value);
            }
        };
        if !query.is_empty() {
            add("queryStringParameters", json!(query));
        }
        if !self.variables.is_empty() {
            add("pathParameters", json!(self.variables));
        }
        if !cookies.is_empty() {
            add("cookies", json!(cookies));
        }
        match std::str::from_utf8(body) {
            _ if body.is_empty() => {}
            Ok(text) if is_text(request.headers) => add("body", json!(text)),
            Ok(_) | Err(_) => {
                add("body", json!(BASE64_STANDARD.encode(body)));
                add("isBase64Encoded", json!(true));
            }
        }
        if let (Some(jwt), Some(context)) = (token(text(header::AUTHORIZATION)), event.get_mut("requestContext")) {
            context["authorizer"] = json!({ "jwt": jwt });
        }
        event
    }
}

/// The headers by their names in lower case, those of one name joined by commas.
fn headers(given: &HeaderMap) -> BTreeMap<&str, String> {
    let mut all = BTreeMap::<&str, String>::new();
    for (name, value) in given.iter().filter(|(name, _)| **name != header::COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let known = all.entry(name.as_str()).or_default();
        if !known.is_empty() {
            known.push(',');
        }
        known.push_str(&value);
    }
    all
}

/// The parameters by their names, those of one name joined by commas.
fn query(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::<String, String>::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        all.entry(name.into_owned()).and_modify(|known| known.extend([",", &value])).or_insert(value.into_owned());
    }
    all
}

/// Whether the body goes to the function as text.
fn is_text(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.starts_with("text/")
        || matches!(media.as_str(), "application/json" | "application/javascript" | "application/xml")
}

/// The claims of a token, which nobody has verified.
fn token(authorization: &str) -> Option<Value> {
    let token = authorization.strip_prefix("Bearer ")?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&claims).ok()?;
    let spelled = claims.into_iter().map(|(name, value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    });
    Some(json!({ "claims": spelled.collect::<BTreeMap<_, _>>(), "scopes": null }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response that a function returns; without a status code what it returns is the body. `None` if it is neither.
pub(super) fn answer(returned: &str) -> Option<Response> {
    let value: Value = serde_json::from_str(returned).ok()?;
    let answer = match value {
        Value::Object(ref fields) if fields.contains_key("statusCode") => serde_json::from_value(value).ok()?,
        Value::String(body) => plain(body),
        other => plain(other.to_string()),
    };
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { BASE64_STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok()?;
    for (name, value) in answer.headers {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name: HeaderName = name.parse().ok()?;
        response.headers_mut().append(name, HeaderValue::from_str(&value).ok()?);
    }
    for cookie in answer.cookies {
        response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    Some(response)
}

fn plain(body: String) -> Answer {
    let headers = [("content-type".to_owned(), json!("application/json"))].into();
    Answer { status_code: 200, headers, cookies: Vec::new(), body: Some(body), is_base64_encoded: false }
}
