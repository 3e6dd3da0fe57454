//! The fields of the requests of the API and their checks, and its responses and errors.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    aws_error::AwsError,
    pattern::{Pattern, PatternError},
    wal::WalError,
};

use super::target::is_name_character;

/// The maximum size of a page, which is also the default.
const MAX_PAGE_SIZE: usize = 100;
const MAX_NAME_LENGTH: usize = 64;
/// The maximum length of a description, in characters.
const MAX_DESCRIPTION_LENGTH: usize = 512;

/// The fields of the requests, except those of `PutEvents` and `PutTargets`. Each operation uses those that the API
/// documents for it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    pub(super) name: Option<String>,
    pub(super) event_bus_name: Option<String>,
    pub(super) event_pattern: Option<String>,
    pub(super) schedule_expression: Option<String>,
    pub(super) state: Option<String>,
    pub(super) description: Option<String>,
    pub(super) role_arn: Option<String>,
    pub(super) rule: Option<String>,
    pub(super) ids: Option<Vec<String>>,
    pub(super) target_arn: Option<String>,
    pub(super) event: Option<String>,
    pub(super) archive_name: Option<String>,
    pub(super) event_source_arn: Option<String>,
    pub(super) retention_days: Option<u32>,
    pub(super) replay_name: Option<String>,
    pub(super) event_start_time: Option<Value>,
    pub(super) event_end_time: Option<Value>,
    pub(super) destination: Option<Destination>,
    pub(super) name_prefix: Option<String>,
    pub(super) next_token: Option<String>,
    pub(super) limit: Option<usize>,
}

/// The bus of a replay, and the rules that get its events.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Destination {
    pub(super) arn: Option<String>,
    #[serde(default)]
    pub(super) filter_arns: Vec<String>,
}

/// The error of a request that breaks a rule of the API.
pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::sender("ValidationException", message)
}

pub(crate) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::sender("ResourceNotFoundException", message)
}

pub(super) fn invalid_parameter(name: &str, reason: impl std::fmt::Display) -> AwsError {
    invalid(format!("Parameter {name} is not valid. Reason: {reason}"))
}

pub(super) fn already_exists(message: impl Into<String>) -> AwsError {
    AwsError::sender("ResourceAlreadyExistsException", message)
}

pub(super) fn limit_exceeded() -> AwsError {
    AwsError::sender("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

/// The error of a change that could not be written to the write-ahead log and was not made.
pub(crate) fn wal_failed(error: WalError) -> AwsError {
    AwsError::receiver("InternalException", error.to_string())
}

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

pub(super) fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_LENGTH && name.chars().all(is_name_character)
}

pub(super) fn check_description(description: Option<&str>) -> Result<(), AwsError> {
    match description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_LENGTH) {
        true => Err(invalid(format!("Description is longer than {MAX_DESCRIPTION_LENGTH} characters."))),
        false => Ok(()),
    }
}

/// Checks an event pattern. An empty text is the same as none.
pub(super) fn checked_pattern(pattern: Option<String>) -> Result<Option<String>, AwsError> {
    let pattern = pattern.filter(|pattern| !pattern.is_empty());
    if let Some(pattern) = &pattern {
        Pattern::parse(pattern).map_err(|error| invalid_pattern(&error))?;
    }
    Ok(pattern)
}

pub(super) fn invalid_pattern(error: &PatternError) -> AwsError {
    let mut reason = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        reason.push_str(": ");
        reason.push_str(&source.to_string());
    }
    AwsError::sender("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {reason}"))
}
