//! The paths of HTTP APIs: `/_aws/execute-api/<api id>/…` for each, with its stage or without, and `/api/…` for the only
//! one. Routes invoke their functions and wait for the answer.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use uuid::Uuid;

use super::state::HttpState;
use crate::{
    http_api::{self, Caller},
    template::HttpApi,
};

/// The maximum size of a request's body, in bytes.
const LARGEST_REQUEST: usize = 10 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// `/_aws/execute-api/{api}/{*path}`.
pub(super) async fn of_id(State(state): State<HttpState>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_start_matches("/_aws/execute-api/").splitn(2, '/');
    let (id, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some(api) = state.services.apis.iter().find(|api| api.api_id == id) else {
        return http_api::error(StatusCode::NOT_FOUND);
    };
    let (stage, below) = rest.split_once('/').unwrap_or((rest, ""));
    let rest = if stage == api.stage || stage == "$default" { below } else { rest };
    answer(&state, api, &format!("/{rest}"), request).await
}

/// `/api/{*path}`, if there is one API.
pub(super) async fn only(State(state): State<HttpState>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches("/api").to_owned();
    match state.services.apis.as_slice() {
        [api] => answer(&state, api, &path, request).await,
        _ => http_api::error(StatusCode::NOT_FOUND),
    }
}

async fn answer(state: &HttpState, api: &HttpApi, path: &str, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Some(cors) = &api.cors
        && http_api::is_preflight(&head.method, &head.headers)
    {
        return http_api::preflight(cors, &head.headers);
    }
    let request_id = Uuid::new_v4().to_string();
    let mut response = match invoke(state, api, path, (&head, body), &request_id).await {
        Ok(response) => response,
        Err(status) => http_api::error(status),
    };
    if let Some(cors) = &api.cors {
        http_api::allow(cors, &head.headers, response.headers_mut());
    }
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn invoke(
    state: &HttpState,
    api: &HttpApi,
    path: &str,
    (head, body): (&axum::http::request::Parts, Body),
    request_id: &str,
) -> Result<Response, StatusCode> {
    let services = &state.services;
    let found = http_api::find_route(&api.routes, head.method.as_str(), path).ok_or(StatusCode::NOT_FOUND)?;
    let at = services.clock.now();
    let claims = match api.authorizer.as_ref().filter(|_| !found.route.is_open) {
        None => None,
        Some(authorizer) => Some(http_api::authorize(authorizer, &head.headers, at).ok_or(StatusCode::UNAUTHORIZED)?),
    };
    let body = to_bytes(body, LARGEST_REQUEST).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let account = services.account_region.account.clone();
    let caller = Caller { account, request_id: request_id.to_owned(), at, claims };
    let parts = (&head.method, &head.uri, path);
    let payload = http_api::payload(api, &found, &caller, parts, &head.headers, &body).to_string();
    let functions = &services.aws.functions;
    let invoked = async {
        let permit = functions.acquire_request(&found.route.function_arn).await?;
        Some(functions.invoke(permit, request_id, &payload).await)
    };
    let patience = Duration::from_millis(found.route.timeout_millis);
    match tokio::time::timeout(patience, invoked).await {
        Ok(Some(Ok(answer))) => Ok(http_api::response(&answer)),
        Ok(Some(Err(_))) => Err(StatusCode::INTERNAL_SERVER_ERROR),
        Ok(None) | Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}
