//! The errors of SQS, and their codes in the older query protocol, which SDKs still use. In the JSON protocol the status of
//! a client error is 400, except for a second purge (403) and for the resources of move tasks (404).

use crate::{aws_error::AwsError, wal::WalError};

/// The error's type in the JSON body, where two errors have other names than in the query protocol.
pub fn json_type(code: &str) -> &str {
    match code {
        "InvalidParameterValue" => "InvalidParameterValueException",
        "MissingParameter" => "MissingRequiredParameterException",
        code => code,
    }
}

/// The value of the header `x-amzn-query-error`, from which SDKs and the AWS CLI take the error code.
pub fn query_error(error: &AwsError) -> String {
    let code = match error.code.as_str() {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        "QueueNameExists" => "QueueAlreadyExists".to_owned(),
        code @ ("QueueDeletedRecently"
        | "PurgeQueueInProgress"
        | "MessageNotInflight"
        | "UnsupportedOperation"
        | "BatchEntryIdsNotDistinct"
        | "TooManyEntriesInBatchRequest"
        | "EmptyBatchRequest"
        | "InvalidBatchEntryId"
        | "BatchRequestTooLong") => format!("AWS.SimpleQueueService.{code}"),
        code => code.to_owned(),
    };
    let fault = if error.status >= 500 { "Receiver" } else { "Sender" };
    format!("{code};{fault}")
}

pub(super) fn no_such_queue() -> AwsError {
    AwsError::sender("QueueDoesNotExist", "The specified queue does not exist.")
}

pub(super) fn missing(parameter: &str) -> AwsError {
    AwsError::sender("MissingParameter", format!("The request must contain the parameter {parameter}."))
}

pub(super) fn invalid(parameter: &str, value: impl std::fmt::Display, reason: &str) -> AwsError {
    invalid_parameter(format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"))
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::sender("InvalidParameterValue", message)
}

pub(super) fn invalid_attribute(name: &str) -> AwsError {
    AwsError::sender("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
}

pub(super) fn unknown_attribute(name: &str) -> AwsError {
    AwsError::sender("InvalidAttributeName", format!("Unknown Attribute {name}."))
}

pub(super) fn no_such_resource(parameter: &str) -> AwsError {
    resource_not_found(format!("The resource that you specified for the {parameter} parameter doesn't exist."))
}

/// The error of move tasks, which has the status 404.
pub(super) fn resource_not_found(message: impl Into<String>) -> AwsError {
    AwsError::with_status(404, "ResourceNotFoundException", message)
}

pub(super) fn not_stored(error: &WalError) -> AwsError {
    AwsError::receiver("InternalError", format!("The queues could not be stored: {error}"))
}
