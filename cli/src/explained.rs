//! What the failure of an adapter means to whoever sits before the command: it is looked for among the causes.

use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::{place::Reach, trouble::nothing_answers};

/// The error in words, with what to do next where that is known.
pub fn explained(reach: &Reach, error: anyhow::Error) -> anyhow::Error {
    let place = reach.endpoint.as_deref().unwrap_or("AWS");
    let is_deaf = |cause: &ConnectorError| cause.is_io() || cause.is_timeout();
    if error.chain().filter_map(|cause| cause.downcast_ref::<ConnectorError>()).any(is_deaf) {
        return nothing_answers(place);
    }
    if error.chain().any(|cause| cause.is::<ResourceNotFoundException>()) {
        let (table, stack) = (reach.events_table(), &reach.stack);
        return anyhow::anyhow!(
            "there is no table {table} at {place}: the stack {stack:?} is not there, or has another name (--stack)"
        );
    }
    error
}
