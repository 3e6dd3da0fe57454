//! Error messages for failed AWS calls, with a hint on what to do next.

use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
use aws_sdk_eventbridge::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use causeway::failure::causes;

use crate::connection::Connection;

/// The error of an AWS SDK call, with the endpoint and the error code.
pub fn sdk_error<E>(connection: &Connection, error: SdkError<E, HttpResponse>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let endpoint = connection.endpoint.as_deref().unwrap_or("AWS");
    match &error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("an error without a code");
            let message = service.err().message().unwrap_or_default();
            anyhow::anyhow!("{endpoint} answers {code}: {message}")
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => unreachable_endpoint(endpoint),
        SdkError::TimeoutError(_) => anyhow::anyhow!("{endpoint} does not answer in time"),
        _ => anyhow::anyhow!("{endpoint} cannot be called: {}", causes(&error)),
    }
}

/// The error for an endpoint at which no server listens.
pub fn unreachable_endpoint(endpoint: &str) -> anyhow::Error {
    anyhow::anyhow!("nothing answers at {endpoint}: start it with `causeway up`, or give --endpoint or --profile")
}

/// Replaces an error of an adapter by one with a hint, if one of its causes is known.
pub fn with_hint(connection: &Connection, error: anyhow::Error) -> anyhow::Error {
    let endpoint = connection.endpoint.as_deref().unwrap_or("AWS");
    let is_unreachable = |cause: &ConnectorError| cause.is_io() || cause.is_timeout();
    if error.chain().filter_map(|cause| cause.downcast_ref::<ConnectorError>()).any(is_unreachable) {
        return unreachable_endpoint(endpoint);
    }
    if error.chain().any(|cause| cause.is::<ResourceNotFoundException>()) {
        let (table, stack) = (connection.events_table(), &connection.stack);
        return anyhow::anyhow!(
            "there is no table {table} at {endpoint}: the stack {stack:?} is not deployed there, or has another name (--stack)"
        );
    }
    error
}
