//! What a failed call means to whoever sits before the command, and what to do next.

use aws_sdk_eventbridge::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use causeway::failure::causes;

use crate::place::Reach;

/// The error of a call in words.
pub fn trouble<E>(reach: &Reach, error: SdkError<E, HttpResponse>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let place = reach.endpoint.as_deref().unwrap_or("AWS");
    match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("an error without a code");
            let message = service.err().message().unwrap_or_default();
            anyhow::anyhow!("{place} answers {code}: {message}")
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => nothing_answers(place),
        SdkError::TimeoutError(_) => anyhow::anyhow!("{place} does not answer in time"),
        _ => anyhow::anyhow!("{place} cannot be called: {}", causes(&error)),
    }
}

/// Nobody listens there.
pub fn nothing_answers(place: &str) -> anyhow::Error {
    anyhow::anyhow!("nothing answers at {place}: start it with `causeway up`, or give --endpoint or --profile")
}
