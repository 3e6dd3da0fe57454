//! Lambda's paths: what functions there are, their invokes, and what may be changed while they run. The template is
//! the truth: at the next start of the stack every function is again as it is declared there.

mod concurrency;

pub(super) use concurrency::{get as concurrency, put as put_concurrency, remove as remove_concurrency};

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    aws_error::AwsError,
    lambda::{self, InvokeResponse},
    template::Function,
};

use super::{
    HttpState,
    answer::{Protocol, status},
    request::{Payload, add_query, bytes, header},
};

/// A page of the list has no more functions than this, whatever its reader asks for.
const LONGEST_PAGE: usize = 50;

/// `GET /2015-03-31/functions`: by their names, a page at a time.
pub(super) async fn list(State(state): State<HttpState>, uri: Uri) -> Response {
    let mut query = Map::new();
    add_query(&mut query, &uri);
    Protocol::Rest.answer(page(state.services.functions.all(), &query))
}

/// `GET /2015-03-31/functions/{name}`.
pub(super) async fn describe(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&state, &name).map(|function| {
        let mut answer = json!({ "Configuration": described(&function), "Tags": {} });
        if let (Some(most), Some(fields)) = (function.reserved_concurrency, answer.as_object_mut()) {
            fields.insert("Concurrency".to_owned(), json!({ "ReservedConcurrentExecutions": most }));
        }
        answer
    }))
}

/// `DELETE /2015-03-31/functions/{name}`: from now on it is as unknown as one that never was, while what runs of it
/// runs to its end. Rules, schedules and mappings keep pointing at it, so that their events take the way that they
/// take on AWS. It comes back with the next start of the stack.
pub(super) async fn delete(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    match find(&state, &name) {
        Ok(function) => {
            state.services.functions.remove(&function.arn);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => Protocol::Rest.refuse(&error),
    }
}

/// `GET /2015-03-31/functions/{name}/configuration`.
pub(super) async fn configuration(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&state, &name).map(|function| described(&function)))
}

/// `POST /2015-03-31/functions/{name}/invocations`.
pub(super) async fn invoke(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let kind = header(&headers, "x-amz-invocation-type");
    let answer = match text(payload) {
        Ok(payload) => lambda::invoke(&state.services.functions, &state.services.invokes, &name, kind, payload).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => answered(answer),
        Err(error) => Protocol::Rest.refuse(&error),
    }
}

fn answered(answer: InvokeResponse) -> Response {
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
    let described: Vec<Value> = functions.iter().map(|function| described(function)).collect();
    let marker = functions.last().filter(|_| more).map(|last| &last.name);
    Ok(json!({ "Functions": described, "NextMarker": marker }))
}

fn find(state: &HttpState, name: &str) -> Result<Arc<Function>, AwsError> {
    state.services.functions.find(name).ok_or_else(|| {
        let message = format!("Function not found: {name}");
        AwsError { status: 404, code: "ResourceNotFoundException".to_owned(), message }
    })
}

fn described(function: &Function) -> Value {
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
