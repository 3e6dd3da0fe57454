//! The API of an invoke: who waits for the answer, who only hands the event over, who only asks whether they may.

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{aws_error::AwsError, interfaces::TargetError};

use super::{Functions, Invokes};

/// The largest payload of an invoke that is waited for, in bytes.
pub const LARGEST_PAYLOAD: usize = 6_291_556;

/// An answer as the API gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers beyond those of every answer.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// Invokes as `POST /2015-03-31/functions/{name}/invocations` does. The kind is the header `X-Amz-Invocation-Type`.
pub async fn invoke(
    functions: &Functions,
    invokes: &Invokes,
    name: &str,
    kind: Option<&str>,
    payload: String,
) -> Result<InvokeAnswer, AwsError> {
    let Some(function) = functions.find(name) else {
        return Err(not_found(functions, name));
    };
    let payload = if payload.trim().is_empty() { "{}".to_owned() } else { payload };
    if let Err(error) = serde_json::from_str::<&RawValue>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return Err(AwsError::sender("InvalidRequestContentException", message));
    }
    match kind.unwrap_or("RequestResponse") {
        "RequestResponse" if payload.len() > LARGEST_PAYLOAD => Err(too_large(payload.len(), LARGEST_PAYLOAD)),
        "RequestResponse" => wait_for(functions, &function.arn, &payload).await,
        "Event" if payload.len() > super::LARGEST_EVENT => Err(too_large(payload.len(), super::LARGEST_EVENT)),
        "Event" => match invokes.take(&function.arn, payload) {
            Ok(request_id) => {
                Ok(InvokeAnswer { status: 202, headers: vec![request_id_header(request_id)], body: String::new() })
            }
            Err(TargetError { code, .. }) if code == "NO_RESOURCE" => Err(not_found(functions, name)),
            Err(refusal) => Err(AwsError::receiver("ServiceException", refusal.message)),
        },
        "DryRun" => Ok(InvokeAnswer { status: 204, headers: Vec::new(), body: String::new() }),
        other => {
            let message = format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
            );
            Err(AwsError::sender("ValidationException", message))
        }
    }
}

async fn wait_for(functions: &Functions, arn: &str, payload: &str) -> Result<InvokeAnswer, AwsError> {
    let Some(turn) = functions.turn_now(arn) else {
        let message = "Rate Exceeded.".to_owned();
        return Err(AwsError { status: 429, code: "TooManyRequestsException".to_owned(), message });
    };
    let request_id = Uuid::new_v4().to_string();
    let answer = functions.run(turn, &request_id, payload).await;
    let mut headers = vec![request_id_header(request_id), ("x-amz-executed-version", "$LATEST".to_owned())];
    let body = match answer {
        Ok(body) => body,
        Err(failure) => {
            headers.push(("x-amz-function-error", "Unhandled".to_owned()));
            failure.payload().to_string()
        }
    };
    Ok(InvokeAnswer { status: 200, headers, body })
}

fn request_id_header(request_id: String) -> (&'static str, String) {
    ("x-amzn-requestid", request_id)
}

fn too_large(length: usize, most: usize) -> AwsError {
    let message = format!("Request must be smaller than {most} bytes for the InvokeFunction operation, not {length}");
    AwsError { status: 413, code: "RequestTooLargeException".to_owned(), message }
}

/// The service names the ARN that it looked for.
fn not_found(functions: &Functions, name: &str) -> AwsError {
    let any = functions.all();
    let account = any.first().and_then(|function| function.arn.rsplit_once(':')).map(|(account, _)| account);
    let name = match account {
        Some(account) if !name.starts_with("arn:") => format!("{account}:{name}"),
        _ => name.to_owned(),
    };
    let message = format!("Function not found: {name}");
    AwsError { status: 404, code: "ResourceNotFoundException".to_owned(), message }
}
