//! EventBridge Scheduler, whose operations are methods on paths. The service takes path, query and body as one object.

use axum::{
    extract::{Path, State},
    http::{Method, Uri},
    response::Response,
};
use serde_json::Value;

use super::{
    protocol::{Payload, Protocol, fields, query, unknown},
    state::HttpState,
};

/// `/schedules`, `/schedules/{name}`, `/schedule-groups` and `/schedule-groups/{name}`.
pub(super) async fn call(
    State(state): State<HttpState>,
    name: Option<Path<String>>,
    method: Method,
    uri: Uri,
    payload: Payload,
) -> Response {
    let is_group = uri.path().starts_with("/schedule-groups");
    let operation = match (is_group, name.is_some(), method.as_str()) {
        (false, false, "GET") => "ListSchedules",
        (false, true, "POST") => "CreateSchedule",
        (false, true, "PUT") => "UpdateSchedule",
        (false, true, "GET") => "GetSchedule",
        (false, true, "DELETE") => "DeleteSchedule",
        (true, false, "GET") => "ListScheduleGroups",
        (true, true, "POST") => "CreateScheduleGroup",
        (true, true, "GET") => "GetScheduleGroup",
        (true, true, "DELETE") => "DeleteScheduleGroup",
        _ => return Protocol::Rest.refuse(&unknown(format_args!("{method} {}", uri.path()))),
    };
    let mut fields = match fields(payload) {
        Ok(fields) => fields,
        Err(error) => return Protocol::Rest.refuse(&error),
    };
    fields.extend(query(&uri));
    fields.extend(name.map(|Path(name)| ("Name".to_owned(), Value::String(name))));
    Protocol::Rest.answer(state.services.aws.scheduler.handle(operation, Value::Object(fields)).await)
}
