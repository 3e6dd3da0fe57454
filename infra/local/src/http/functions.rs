//! The paths of Lambda: functions, their invokes and their reserved concurrency. Changes last until the next start of the
//! stack, at which every function is again as the template declares it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    protocol::{Payload, Protocol, bytes, fields, header, query, status},
    state::{AwsServices, HttpState},
};
use crate::{
    aws_error::AwsError,
    lambda::{self, InvokeResponse},
    template::Function,
};

/// The maximum number of functions in a page, whatever `MaxItems` is.
const LONGEST_PAGE: usize = 50;

/// `GET /2015-03-31/functions`: by their names, a page at a time.
pub(super) async fn list(State(state): State<HttpState>, uri: Uri) -> Response {
    Protocol::Rest.answer(page(state.services.aws.functions.all(), &query(&uri)))
}

/// `GET /2015-03-31/functions/{name}`.
pub(super) async fn describe(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&state, &name).map(|function| {
        let mut answer = json!({ "Configuration": configuration_of(&function), "Tags": {} });
        if let (Some(most), Some(fields)) = (function.reserved_concurrency, answer.as_object_mut()) {
            fields.insert("Concurrency".to_owned(), json!({ "ReservedConcurrentExecutions": most }));
        }
        answer
    }))
}

/// `DELETE /2015-03-31/functions/{name}`. Running invocations complete. Rules, schedules and mappings keep the function
/// as their target, so their events fail as on AWS. The next start of the stack creates it again.
pub(super) async fn delete(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    no_content(find(&state, &name).map(|function| {
        state.services.aws.functions.remove(&function.arn);
    }))
}

/// `GET /2015-03-31/functions/{name}/configuration`.
pub(super) async fn configuration(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&state, &name).map(|function| configuration_of(&function)))
}

/// `POST /2015-03-31/functions/{name}/invocations`.
pub(super) async fn invoke(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let AwsServices { functions, invokes, .. } = &state.services.aws;
    let answer = match text(payload) {
        Ok(payload) => {
            let kind = header(&headers, "x-amz-invocation-type");
            lambda::invoke(functions, invokes, &name, kind, payload).await
        }
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => invoke_response(answer),
        Err(error) => Protocol::Rest.refuse(&error),
    }
}

fn invoke_response(answer: InvokeResponse) -> Response {
    let mut response = (status(answer.status), answer.body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn text(payload: Payload) -> Result<String, AwsError> {
    String::from_utf8(bytes(payload)?.into()).map_err(|error| {
        let message = format!("Could not parse request body into json: {error}");
        AwsError::sender("InvalidRequestContentException", message)
    })
}

/// The marker of a page is the last name of the page before.
fn page(mut functions: Vec<Arc<Function>>, query: &Map<String, Value>) -> Result<Value, AwsError> {
    let text = |name: &str| query.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let most = match text("MaxItems").map(str::parse::<usize>) {
        None => LONGEST_PAGE,
        Some(Ok(most @ 1..=10_000)) => most.min(LONGEST_PAGE),
        Some(_) => {
            let message = "1 validation error detected: MaxItems must be between 1 and 10000.";
            return Err(AwsError::sender("InvalidParameterValueException", message));
        }
    };
    let marker = text("Marker").unwrap_or_default();
    functions.retain(|function| function.name.as_str() > marker);
    functions.sort_by(|one, other| one.name.cmp(&other.name));
    let more = functions.len() > most;
    functions.truncate(most);
    let configurations: Vec<Value> = functions.iter().map(|function| configuration_of(function)).collect();
    let marker = functions.last().filter(|_| more).map(|last| &last.name);
    Ok(json!({ "Functions": configurations, "NextMarker": marker }))
}

fn find(state: &HttpState, name: &str) -> Result<Arc<Function>, AwsError> {
    state.services.aws.functions.find(name).ok_or_else(|| {
        let message = format!("Function not found: {name}");
        AwsError { status: 404, code: "ResourceNotFoundException".to_owned(), message }
    })
}

fn configuration_of(function: &Function) -> Value {
    json!({
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Runtime": function.runtime,
        "Handler": function.handler,
        "Role": function.role_arn,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_megabytes,
        "Environment": { "Variables": function.environment },
        "PackageType": "Zip",
        "Version": "$LATEST",
        "State": "Active",
        "LastUpdateStatus": "Successful",
    })
}

/// `GET /2019-09-30/functions/{name}/concurrency`.
pub(super) async fn concurrency(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&state, &name).map(|function| match function.reserved_concurrency {
        Some(most) => json!({ "ReservedConcurrentExecutions": most }),
        None => json!({}),
    }))
}

/// `PUT /2017-10-31/functions/{name}/concurrency`.
pub(super) async fn put_concurrency(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    payload: Payload,
) -> Response {
    Protocol::Rest.answer(read_limit(payload).and_then(|most| {
        set_concurrency(&state, &name, Some(most))?;
        Ok(json!({ "ReservedConcurrentExecutions": most }))
    }))
}

/// `DELETE /2017-10-31/functions/{name}/concurrency`.
pub(super) async fn remove_concurrency(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    no_content(set_concurrency(&state, &name, None))
}

fn read_limit(payload: Payload) -> Result<u32, AwsError> {
    let given = fields(payload)?;
    let number = given.get("ReservedConcurrentExecutions").and_then(Value::as_u64);
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
        let message = "ReservedConcurrentExecutions must be a number that is not negative.";
        AwsError::sender("InvalidParameterValueException", message)
    })
}

/// Sets the limit for later invokes.
fn set_concurrency(state: &HttpState, name: &str, most: Option<u32>) -> Result<(), AwsError> {
    let function = find(state, name)?;
    state.services.aws.functions.put(Function { reserved_concurrency: most, ..(*function).clone() });
    Ok(())
}

fn no_content(result: Result<(), AwsError>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => Protocol::Rest.refuse(&error),
    }
}
