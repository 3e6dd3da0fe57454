//! EventBridge Scheduler, whose operations are methods on paths; the service takes path, query and body as one object.

use axum::{
    extract::{Path, State},
    http::{Method, Uri},
    response::Response,
};
use serde_json::Value;

use super::{
    HttpState,
    answer::{Protocol, unknown},
    request::{Payload, add_query, fields},
};

/// `/schedules`.
pub(super) async fn all(State(state): State<HttpState>, method: Method, uri: Uri, payload: Payload) -> Response {
    let operation = (method == Method::GET).then_some("ListSchedules");
    call(&state, operation, None, &method, &uri, payload).await
}

/// `/schedules/{name}`.
pub(super) async fn one(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    method: Method,
    uri: Uri,
    payload: Payload,
) -> Response {
    let operation = match method {
        Method::POST => Some("CreateSchedule"),
        Method::PUT => Some("UpdateSchedule"),
        Method::GET => Some("GetSchedule"),
        Method::DELETE => Some("DeleteSchedule"),
        _ => None,
    };
    call(&state, operation, Some(name), &method, &uri, payload).await
}

/// `/schedule-groups`.
pub(super) async fn all_groups(State(state): State<HttpState>, method: Method, uri: Uri, payload: Payload) -> Response {
    let operation = (method == Method::GET).then_some("ListScheduleGroups");
    call(&state, operation, None, &method, &uri, payload).await
}

/// `/schedule-groups/{name}`.
pub(super) async fn one_group(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    method: Method,
    uri: Uri,
    payload: Payload,
) -> Response {
    let operation = match method {
        Method::POST => Some("CreateScheduleGroup"),
        Method::GET => Some("GetScheduleGroup"),
        Method::DELETE => Some("DeleteScheduleGroup"),
        _ => None,
    };
    call(&state, operation, Some(name), &method, &uri, payload).await
}

async fn call(
    state: &HttpState,
    operation: Option<&str>,
    name: Option<String>,
    method: &Method,
    uri: &Uri,
    payload: Payload,
) -> Response {
    let Some(operation) = operation else {
        return Protocol::Rest.refuse(&unknown(format_args!("{method} {}", uri.path())));
    };
    let mut fields = match fields(payload) {
        Ok(fields) => fields,
        Err(error) => return Protocol::Rest.refuse(&error),
    };
    add_query(&mut fields, uri);
    if let Some(name) = name {
        fields.insert("Name".to_owned(), Value::String(name));
    }
    Protocol::Rest.answer(state.services.scheduler.handle(operation, Value::Object(fields)).await)
}
