//! Lambda: functions, their asynchronous invocations with destinations and dead-letter queues, and the `Invoke` operation:
//! synchronous, asynchronous and dry run. An [`Executor`] runs the functions; [`process`] has one that starts binaries.

mod async_invoker;
#[cfg(test)]
pub(crate) mod fixture;
mod functions;
pub mod process;
#[cfg(test)]
mod tests;

pub use async_invoker::{AsyncInvoker, Condition, InvocationActivity, InvocationStep, Listener, MAX_EVENT_SIZE};
pub use functions::{ConcurrencyPermit, Executor, FunctionError, Functions, Invocation, TimeoutClock};

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{aws_error::AwsError, interfaces::TargetError};

/// The maximum size of the payload of a synchronous invocation, in bytes.
pub const MAX_PAYLOAD_SIZE: usize = 6_291_556;

/// A response of the `Invoke` operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The headers, without those of every response.
    pub headers: Vec<(&'static str, String)>,
    /// The response body.
    pub body: String,
}

/// Handles `POST /2015-03-31/functions/{name}/invocations`. `invocation_type` is the header `X-Amz-Invocation-Type`.
pub async fn invoke(
    functions: &Functions,
    invoker: &AsyncInvoker,
    name: &str,
    invocation_type: Option<&str>,
    payload: String,
) -> Result<InvokeResponse, AwsError> {
    let Some(function) = functions.find(name) else { return Err(not_found(functions, name)) };
    let payload = if payload.trim().is_empty() { "{}".to_owned() } else { payload };
    if let Err(error) = serde_json::from_str::<&RawValue>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return Err(AwsError::sender("InvalidRequestContentException", message));
    }
    match invocation_type.unwrap_or("RequestResponse") {
        "RequestResponse" if payload.len() > MAX_PAYLOAD_SIZE => Err(too_large(payload.len(), MAX_PAYLOAD_SIZE)),
        "RequestResponse" => invoke_sync(functions, &function.arn, &payload).await,
        "Event" if payload.len() > MAX_EVENT_SIZE => Err(too_large(payload.len(), MAX_EVENT_SIZE)),
        "Event" => match invoker.accept(&function.arn, payload) {
            Ok(request_id) => {
                Ok(InvokeResponse { status: 202, headers: vec![("x-amzn-requestid", request_id)], body: String::new() })
            }
            Err(TargetError { code, .. }) if code == "NO_RESOURCE" => Err(not_found(functions, name)),
            Err(error) => Err(AwsError::receiver("ServiceException", error.message)),
        },
        "DryRun" => Ok(InvokeResponse { status: 204, headers: Vec::new(), body: String::new() }),
        other => {
            let message = format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            );
            Err(AwsError::sender("ValidationException", message))
        }
    }
}

async fn invoke_sync(functions: &Functions, arn: &str, payload: &str) -> Result<InvokeResponse, AwsError> {
    let Some(permit) = functions.try_acquire(arn) else {
        return Err(AwsError::with_status(429, "TooManyRequestsException", "Rate Exceeded."));
    };
    let request_id = Uuid::new_v4().to_string();
    let result = functions.invoke(permit, &request_id, payload).await;
    let mut headers = vec![("x-amzn-requestid", request_id), ("x-amz-executed-version", "$LATEST".to_owned())];
    let body = match result {
        Ok(body) => body,
        Err(failure) => {
            headers.push(("x-amz-function-error", "Unhandled".to_owned()));
            failure.payload().to_string()
        }
    };
    Ok(InvokeResponse { status: 200, headers, body })
}

fn too_large(length: usize, max: usize) -> AwsError {
    let message = format!("Request must be smaller than {max} bytes for the InvokeFunction operation, not {length}");
    AwsError::with_status(413, "RequestTooLargeException", message)
}

/// The error for an unknown function, with its ARN as in AWS.
fn not_found(functions: &Functions, name: &str) -> AwsError {
    let any = functions.all();
    let account = any.first().and_then(|function| function.arn.rsplit_once(':')).map(|(account, _)| account);
    let name = match account {
        Some(account) if !name.starts_with("arn:") => format!("{account}:{name}"),
        _ => name.to_owned(),
    };
    AwsError::with_status(404, "ResourceNotFoundException", format!("Function not found: {name}"))
}
