//! Reads the requests of the API, and creates its responses and errors.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{aws_error::AwsError, wal::WalError};

/// The maximum size of a page, which is also the default.
const MAX_PAGE_SIZE: usize = 100;

/// The fields of the list requests. Each operation uses those that the API documents for it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRequest {
    pub(super) name_prefix: Option<String>,
    pub(super) event_bus_name: Option<String>,
    pub(super) event_source_arn: Option<String>,
    pub(super) rule: Option<String>,
    pub(super) target_arn: Option<String>,
    pub(super) state: Option<String>,
    pub(super) next_token: Option<String>,
    pub(super) limit: Option<usize>,
}

/// Deserializes a request.
pub(crate) fn read<T: DeserializeOwned>(body: Value) -> Result<T, AwsError> {
    serde_json::from_value(body).map_err(|error| AwsError::sender("SerializationException", error.to_string()))
}

/// The error of a request that breaks a rule of the API.
pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::sender("ValidationException", message)
}

/// The error of a missing resource.
pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::sender("ResourceNotFoundException", message)
}

/// The error of a resource whose name is taken.
pub(super) fn already_exists(message: impl Into<String>) -> AwsError {
    AwsError::sender("ResourceAlreadyExistsException", message)
}

/// The error of a request that exceeds a quota.
pub(super) fn limit_exceeded() -> AwsError {
    AwsError::sender("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

/// The error of a change that could not be written to the write-ahead log and was not made.
pub(crate) fn wal_failed(error: WalError) -> AwsError {
    AwsError::receiver("InternalException", error.to_string())
}

/// Returns a required field.
pub(crate) fn required<T>(name: &str, value: Option<T>) -> Result<T, AwsError> {
    value.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// Sets the fields of a response that have a value.
pub(super) fn set_present<T: Into<Value>, const N: usize>(response: &mut Value, fields: [(&str, Option<T>); N]) {
    for (name, value) in fields {
        if let Some(value) = value {
            response[name] = value.into();
        }
    }
}

/// Creates the response of a list: the page of items after the token, and the token of the next page. The items are sorted
/// by the name beside them.
pub(crate) fn list_response<T: Into<Value>>(
    field: &str,
    items: impl Iterator<Item = (String, T)>,
    token: Option<&str>,
    limit: Option<usize>,
) -> Result<Value, AwsError> {
    let limit = limit.unwrap_or(MAX_PAGE_SIZE);
    if !(1..=MAX_PAGE_SIZE).contains(&limit) {
        return Err(invalid(format!("The limit of a page must be between 1 and {MAX_PAGE_SIZE}.")));
    }
    let mut rest = items.skip_while(|(name, _)| token.is_some_and(|token| name.as_str() <= token));
    let (names, page): (Vec<String>, Vec<Value>) =
        rest.by_ref().take(limit).map(|(name, item)| (name, item.into())).unzip();
    let mut fields = Map::from_iter([(field.to_owned(), page.into())]);
    if let Some(token) = rest.next().and(names.into_iter().next_back()) {
        fields.insert("NextToken".to_owned(), token.into());
    }
    Ok(fields.into())
}
