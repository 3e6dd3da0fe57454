//! Lambda's paths: what functions there are, and their invokes.

use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::aws_error::AwsError;
use crate::lambda;
use crate::lambda::InvokeAnswer;
use crate::template::Function;

use super::Port;
use super::answer::Protocol;
use super::answer::status;
use super::request::Payload;
use super::request::bytes;
use super::request::header;

/// `GET /2015-03-31/functions`: all of them on one page.
pub(super) async fn list(State(port): State<Port>) -> Response {
    let functions: Vec<_> = port.parts.functions.all().iter().map(|function| described(function)).collect();
    Protocol::Rest.answer(Ok(json!({ "Functions": functions })))
}

/// `GET /2015-03-31/functions/{name}`.
pub(super) async fn describe(State(port): State<Port>, Path(name): Path<String>) -> Response {
    let found = find(&port, &name);
    Protocol::Rest.answer(found.map(|configuration| json!({ "Configuration": configuration, "Tags": {} })))
}

/// `GET /2015-03-31/functions/{name}/configuration`.
pub(super) async fn configuration(State(port): State<Port>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&port, &name))
}

/// `POST /2015-03-31/functions/{name}/invocations`.
pub(super) async fn invoke(
    State(port): State<Port>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Payload,
) -> Response {
    let kind = header(&headers, "x-amz-invocation-type");
    let answer = match text(payload) {
        Ok(payload) => lambda::invoke(&port.parts.functions, &port.parts.invokes, &name, kind, payload).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => answered(answer),
        Err(error) => Protocol::Rest.refuse(&error),
    }
}

fn answered(answer: InvokeAnswer) -> Response {
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

fn find(port: &Port, name: &str) -> Result<Value, AwsError> {
    match port.parts.functions.find(name) {
        Some(function) => Ok(described(&function)),
        None => {
            let message = format!("Function not found: {name}");
            Err(AwsError { status: 404, code: "ResourceNotFoundException".to_owned(), message })
        }
    }
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
