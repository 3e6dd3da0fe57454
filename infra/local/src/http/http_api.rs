//! HTTP APIs of API Gateway: requests below `/_aws/execute-api/{api}/{stage}` invoke the function of the most specific
//! route, and so do those below `/api` if the template has one API only. Tokens are read and not verified.

mod payload;
mod routes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{self, ORIGIN},
    },
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::time::{Duration, timeout};
use uuid::Uuid;

use super::{protocol::Payload, state::HttpState};
use crate::template::{Cors, HttpApi, HttpApiRoute, Stack};
use payload::{Call, answer};

/// The path of an API as LocalStack has it.
pub(super) const LONG: &str = "/_aws/execute-api/{api}/{stage}/{*path}";

/// The path of the only API.
pub(super) const SHORT: &str = "/api/{*path}";

/// The most bytes of a body.
pub(super) const LARGEST: usize = 10 * 1024 * 1024;

/// The longest time that a request waits for its function.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The HTTP APIs of a stack.
pub struct HttpApis {
    account: String,
    apis: Vec<(HttpApi, Vec<HttpApiRoute>)>,
}

impl HttpApis {
    /// The APIs of this stack.
    pub fn of(stack: &Stack, account: &str) -> Self {
        let routes = |api: &HttpApi| stack.http_routes.iter().filter(|route| route.api == api.api).cloned().collect();
        let apis = stack.http_apis.iter().map(|api| (api.clone(), routes(api))).collect();
        Self { account: account.to_owned(), apis }
    }

    fn find(&self, api: &str, stage: &str) -> Option<&(HttpApi, Vec<HttpApiRoute>)> {
        self.apis.iter().find(|(one, _)| one.api == api && one.stage == stage)
    }

    fn only(&self) -> Option<&(HttpApi, Vec<HttpApiRoute>)> {
        if let [only] = self.apis.as_slice() { Some(only) } else { None }
    }
}

/// `/_aws/execute-api/{api}/{stage}/…`.
pub(super) async fn call(
    State(state): State<HttpState>,
    Path((api, stage, _)): Path<(String, String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let apis = Arc::clone(&state.services.aws.http_apis);
    let path = uri.path().splitn(6, '/').nth(5).unwrap_or_default();
    let request = Request { method: &method, path: &format!("/{path}"), uri: &uri, headers: &headers };
    respond(&state, &apis, apis.find(&api, &stage), request, payload).await
}

/// `/api/…`.
pub(super) async fn call_short(
    State(state): State<HttpState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let apis = Arc::clone(&state.services.aws.http_apis);
    let path = uri.path().strip_prefix("/api").unwrap_or_default();
    let request = Request { method: &method, path, uri: &uri, headers: &headers };
    respond(&state, &apis, apis.only(), request, payload).await
}

/// A request to an API.
#[derive(Clone, Copy)]
struct Request<'r> {
    method: &'r Method,
    /// The path below the stage, as it was sent.
    path: &'r str,
    uri: &'r Uri,
    headers: &'r HeaderMap,
}

async fn respond(
    state: &HttpState,
    apis: &HttpApis,
    found: Option<&(HttpApi, Vec<HttpApiRoute>)>,
    request: Request<'_>,
    payload: Payload,
) -> Response {
    let Some((api, routes)) = found else { return message(StatusCode::NOT_FOUND, "Not Found") };
    if let Some(cors) = &api.cors
        && request.method == Method::OPTIONS
        && request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return with_cors(StatusCode::NO_CONTENT.into_response(), cors, request.headers, true);
    }
    let response = invoke(state, apis, api, routes, request, payload).await;
    match &api.cors {
        Some(cors) => with_cors(response, cors, request.headers, false),
        None => response,
    }
}

async fn invoke(
    state: &HttpState,
    apis: &HttpApis,
    api: &HttpApi,
    all: &[HttpApiRoute],
    request: Request<'_>,
    payload: Payload,
) -> Response {
    let Some((route, variables)) = routes::most_specific(all, request.method.as_str(), request.path) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let body = match payload {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        }
        Err(_) => return message(StatusCode::BAD_REQUEST, "Bad Request"),
    };
    let functions = &state.services.aws.functions;
    let Some(permit) = functions.try_acquire(&route.function_arn) else {
        return message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    };
    let request_id = Uuid::new_v4().to_string();
    let call = Call {
        account: &apis.account,
        api,
        route,
        variables,
        request_id: &request_id,
        now: state.services.clock.now(),
    };
    let event = call.event(request, &body).to_string();
    match timeout(TIMEOUT, functions.invoke(permit, &request_id, &event)).await {
        Ok(Ok(returned)) => answer(&returned).unwrap_or_else(internal_error),
        Ok(Err(_)) => internal_error(),
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

fn internal_error() -> Response {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "message": text }))).into_response()
}

/// The response with the headers that let a page of an allowed origin read it.
fn with_cors(mut response: Response, cors: &Cors, headers: &HeaderMap, is_preflight: bool) -> Response {
    let Some(origin) = headers.get(ORIGIN) else { return response };
    let is_allowed = cors.origins.iter().any(|allowed| allowed == "*" || allowed.as_bytes() == origin.as_bytes());
    if !is_allowed {
        return response;
    }
    let mut add = |name: HeaderName, values: &[String]| {
        if let Ok(value) = HeaderValue::from_str(&values.join(","))
            && !values.is_empty()
        {
            response.headers_mut().insert(name, value);
        }
    };
    if is_preflight {
        add(header::ACCESS_CONTROL_ALLOW_METHODS, &cors.methods);
        add(header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.headers);
        add(
            header::ACCESS_CONTROL_MAX_AGE,
            &cors.seconds.map(|seconds| seconds.to_string()).into_iter().collect::<Vec<_>>(),
        );
    } else {
        add(header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.exposed);
    }
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response
}
