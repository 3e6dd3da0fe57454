//! Classifies failed AWS calls: transient errors are worth a retry, permanent ones are not.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use causeway::failure::BoxError;

/// Error codes that are transient. Status 429 and all 5xx are transient whatever their code.
const TRANSIENT_CODES: [&str; 13] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalException",
    "InternalFailure",
    "InternalServerException",
    "KmsThrottled",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceQuotaExceededException",
    "ServiceUnavailable",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Why a call failed.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The service was not reached, throttled the call, or failed inside.
    Transient(BoxError),
    /// The service rejected the call, with its error code and message.
    Permanent { code: String, reason: String },
}

/// Classifies the error of a call.
pub(crate) fn sdk_error<E>(error: SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let permanent = match &error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or("unknown");
            // The code may have its namespace in front.
            let code = code.rsplit('#').next().unwrap_or(code);
            let transient = status >= 500 || status == 429 || TRANSIENT_CODES.contains(&code);
            (!transient).then(|| (code.to_owned(), service.err().message().unwrap_or_default().to_owned()))
        }
        SdkError::ConstructionFailure(_) => Some(("InvalidRequest".to_owned(), causeway::failure::causes(&error))),
        _ => None,
    };
    match permanent {
        Some((code, reason)) => CallError::Permanent { code, reason },
        None => CallError::Transient(Box::new(error)),
    }
}
