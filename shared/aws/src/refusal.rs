//! What a failed AWS call means: it may work later, or it never will.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use causeway::failure::BoxError;

/// The codes of a refused call that may be accepted later. Server errors and 429 count as such under any code.
const PASSING: [&str; 13] = [
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

/// Why a call did nothing.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Not reached, throttled, or an error inside the service.
    Passing(BoxError),
    /// Refused for what it is.
    Final {
        /// The service's word.
        code: String,
        /// Why.
        reason: String,
    },
}

/// Reads the error of a call.
pub(crate) fn refusal<E>(error: SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let final_code = match &error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or("unknown");
            // The code may carry its namespace in front.
            let code = code.rsplit('#').next().unwrap_or(code);
            let passing = status >= 500 || status == 429 || PASSING.contains(&code);
            (!passing).then(|| (code.to_owned(), service.err().message().unwrap_or_default().to_owned()))
        }
        SdkError::ConstructionFailure(_) => Some(("InvalidRequest".to_owned(), causeway::failure::causes(&error))),
        _ => None,
    };
    match final_code {
        Some((code, reason)) => Refusal::Final { code, reason },
        None => Refusal::Passing(Box::new(error)),
    }
}
