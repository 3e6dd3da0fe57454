//! The errors of this service, each with its own HTTP status.

use crate::{aws_error::AwsError, journal::JournalError};

/// The call breaks a rule of the API.
pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::sender("ValidationException", message)
}

/// There is no such thing.
pub(super) fn not_found(kind: &str, name: &str) -> AwsError {
    let error = AwsError::sender("ResourceNotFoundException", format!("{kind} {name} does not exist."));
    AwsError { status: 404, ..error }
}

/// There is such a thing already.
pub(super) fn conflict(kind: &str, name: &str) -> AwsError {
    let error = AwsError::sender("ConflictException", format!("{kind} {name} already exists."));
    AwsError { status: 409, ..error }
}

/// The change could not be remembered, so it was not made.
pub(super) fn not_remembered(error: JournalError) -> AwsError {
    AwsError::receiver("InternalServerException", error.to_string())
}
