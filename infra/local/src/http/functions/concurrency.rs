//! The reserved concurrency of a function. With zero it is throttled always.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{aws_error::AwsError, template::Function};

use super::{
    super::{
        HttpState,
        answer::Protocol,
        request::{Payload, fields},
    },
    find,
};

/// `GET /2019-09-30/functions/{name}/concurrency`.
pub(in crate::http) async fn get(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    Protocol::Rest.answer(find(&state, &name).map(|function| match function.reserved_concurrency {
        Some(most) => json!({ "ReservedConcurrentExecutions": most }),
        None => json!({}),
    }))
}

/// `PUT /2017-10-31/functions/{name}/concurrency`.
pub(in crate::http) async fn put(
    State(state): State<HttpState>,
    Path(name): Path<String>,
    payload: Payload,
) -> Response {
    Protocol::Rest.answer(read_limit(payload).and_then(|most| {
        set(&state, &name, Some(most))?;
        Ok(json!({ "ReservedConcurrentExecutions": most }))
    }))
}

/// `DELETE /2017-10-31/functions/{name}/concurrency`.
pub(in crate::http) async fn remove(State(state): State<HttpState>, Path(name): Path<String>) -> Response {
    match set(&state, &name, None) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => Protocol::Rest.refuse(&error),
    }
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
fn set(state: &HttpState, name: &str, most: Option<u32>) -> Result<(), AwsError> {
    let function = find(state, name)?;
    state.services.functions.put(Function { reserved_concurrency: most, ..(*function).clone() });
    Ok(())
}
