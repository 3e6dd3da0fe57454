//! The payload of a function: a request in the format 2.0.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, Uri, header::CONTENT_TYPE};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{claims::Claims, routes::Found};
use crate::template::HttpApi;

/// Who calls an API, and when.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) request_id: String,
    pub(crate) at: Timestamp,
    pub(crate) claims: Option<Claims>,
}

/// The payload of this request. `path` is the path below the API's address, as it was sent.
pub(crate) fn payload(
    api: &HttpApi,
    found: &Found<'_>,
    caller: &Caller,
    (method, uri, path): (&Method, &Uri, &str),
    headers: &HeaderMap,
    body: &[u8],
) -> Value {
    let route_key = match (found.route.path.as_str(), &found.route.method) {
        ("$default", _) => "$default".to_owned(),
        (path, method) => format!("{} {path}", method.as_deref().unwrap_or("ANY")),
    };
    let raw_path = if api.stage == "$default" { path.to_owned() } else { format!("/{}{path}", api.stage) };
    let (headers_json, cookies) = headers_of(headers);
    let user_agent = headers_json.get("user-agent").cloned().unwrap_or_else(|| "".into());
    let mut context = json!({
        "accountId": caller.account,
        "apiId": api.api_id,
        "domainName": headers_json.get("host"),
        "domainPrefix": api.api_id,
        "http": { "method": method.as_str(), "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
            "userAgent": user_agent },
        "requestId": caller.request_id,
        "routeKey": route_key,
        "stage": api.stage,
        "time": caller.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "timeEpoch": caller.at.as_millisecond(),
    });
    if let Some(claims) = &caller.claims {
        context["authorizer"] = json!({ "jwt": { "claims": claims.texts(), "scopes": Value::Null } });
    }
    let mut payload = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": headers_json,
        "requestContext": context,
        "isBase64Encoded": false,
    });
    let mut put = |name: &str, value: Value| payload[name] = value;
    if !cookies.is_empty() {
        put("cookies", json!(cookies));
    }
    let query = query_of(uri);
    if !query.is_empty() {
        put("queryStringParameters", json!(query));
    }
    if !found.parameters.is_empty() {
        put("pathParameters", json!(found.parameters));
    }
    match std::str::from_utf8(body) {
        _ if body.is_empty() => {}
        Ok(text) if is_text(headers) => put("body", text.into()),
        _ => {
            put("body", STANDARD.encode(body).into());
            put("isBase64Encoded", true.into());
        }
    }
    payload
}

/// The headers by their names in lower case, several of one name joined by commas, and the cookies apart from them.
fn headers_of(headers: &HeaderMap) -> (Map<String, Value>, Vec<String>) {
    let (mut joined, mut cookies) = (BTreeMap::<String, String>::new(), Vec::new());
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        if name == "cookie" {
            cookies.extend(value.split(';').map(|cookie| cookie.trim().to_owned()));
            continue;
        }
        let all = joined.entry(name.as_str().to_owned()).or_default();
        if !all.is_empty() {
            all.push(',');
        }
        all.push_str(&value);
    }
    let forwarded = [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-port", "443"), ("x-forwarded-proto", "https")];
    for (name, value) in forwarded {
        joined.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    (joined.into_iter().map(|(name, value)| (name, value.into())).collect(), cookies)
}

/// The parameters of the query, decoded, several of one name joined by commas.
fn query_of(uri: &Uri) -> BTreeMap<String, String> {
    let mut query = BTreeMap::<String, String>::new();
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match query.entry(name.into_owned()) {
            std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(value.into_owned())),
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let all = entry.get_mut();
                all.push(',');
                all.push_str(&value);
            }
        }
    }
    query
}

/// Whether the body is passed as text; any other is encoded.
fn is_text(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(essence.as_str(), "application/json" | "application/javascript" | "application/xml")
}
