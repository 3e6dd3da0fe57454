//! The fields of the requests of the API and their checks, and its responses and errors.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    aws_error::AwsError,
    page_token,
    pattern::{Pattern, PatternError},
    wal::WalError,
};

use super::target::is_name_character;

/// The maximum size of a page, which is also the default.
const MAX_PAGE_SIZE: usize = 100;
/// The maximum length of the name of a rule or replay.
pub(super) const MAX_NAME_LENGTH: usize = 64;
/// The pattern of names, as the API's model writes it.
pub(super) const NAME_PATTERN: &str = r"[\.\-_A-Za-z0-9]+";
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
    pub(super) action: Option<String>,
    pub(super) principal: Option<String>,
    pub(super) statement_id: Option<String>,
    pub(super) condition: Option<Condition>,
    pub(super) policy: Option<String>,
    #[serde(default)]
    pub(super) remove_all_permissions: bool,
    #[serde(rename = "ResourceARN")]
    pub(super) resource_arn: Option<String>,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) tag_keys: Option<Vec<String>>,
}

/// A tag of a rule or a bus.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

/// The condition of a permission, such as the organization of the caller.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Condition {
    #[serde(rename = "Type")]
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) value: String,
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
    let rule = "Member must not be null".to_owned();
    value.ok_or_else(|| constraint_errors(&[Violation { value: "null".to_owned(), place: name.to_owned(), rule }]))
}

/// A value that breaks a constraint of the API's model.
pub(crate) struct Violation {
    value: String,
    place: String,
    rule: String,
}

impl Violation {
    /// A violation by the value at this place, such as `targets.1.member.id`.
    pub(crate) fn new(value: impl std::fmt::Display, place: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { value: format!("'{value}'"), place: place.into(), rule: rule.into() }
    }

    /// A violation of the limits of a text's length, if there is one.
    pub(crate) fn of_length(text: &str, place: &str, min: usize, max: usize) -> Option<Self> {
        let bound = match text.chars().count() {
            length if length < min => format!("greater than or equal to {min}"),
            length if length > max => format!("less than or equal to {max}"),
            _ => return None,
        };
        Some(Self::new(text, place, format!("Member must have length {bound}")))
    }

    /// A violation of a name's pattern, if a character is not allowed.
    pub(crate) fn of_pattern(text: &str, place: &str, pattern: &str, is_allowed: fn(char) -> bool) -> Option<Self> {
        let rule = || format!("Member must satisfy regular expression pattern: {pattern}");
        (text.is_empty() || !text.chars().all(is_allowed)).then(|| Self::new(text, place, rule()))
    }

    /// A violation by a value that is none of these.
    pub(crate) fn of_enum(text: &str, place: &str, allowed: &[&str]) -> Option<Self> {
        let rule = || format!("Member must satisfy enum value set: [{}]", allowed.join(", "));
        (!allowed.contains(&text)).then(|| Self::new(text, place, rule()))
    }
}

/// The error of a request with values that break constraints of the API's model.
pub(crate) fn constraint_errors(violations: &[Violation]) -> AwsError {
    let counted = if violations.len() == 1 { "error" } else { "errors" };
    let all: Vec<String> = violations
        .iter()
        .map(|Violation { value, place, rule }| {
            format!("Value {value} at '{place}' failed to satisfy constraint: {rule}")
        })
        .collect();
    invalid(format!("{} validation {counted} detected: {}", violations.len(), all.join("; ")))
}

/// Refuses a request with violations.
pub(crate) fn check_constraints(violations: impl IntoIterator<Item = Option<Violation>>) -> Result<(), AwsError> {
    let violations: Vec<Violation> = violations.into_iter().flatten().collect();
    if violations.is_empty() { Ok(()) } else { Err(constraint_errors(&violations)) }
}

/// Refuses a name that is too long or has other characters than letters, digits, `.`, `-` and `_`.
pub(crate) fn check_name(name: &str, place: &str, max: usize) -> Result<(), AwsError> {
    let pattern = Violation::of_pattern(name, place, NAME_PATTERN, is_name_character);
    check_constraints([Violation::of_length(name, place, 1, max), pattern])
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
    let place = "limit";
    let bound = match limit {
        0 => Some("Member must have value greater than or equal to 1"),
        1..=MAX_PAGE_SIZE => None,
        _ => Some("Member must have value less than or equal to 100"),
    };
    check_constraints([bound.map(|rule| Violation::new(limit, place, rule))])?;
    let invalid_token = || invalid("Parameter NextToken is not valid.");
    let last = token.map(|token| page_token::decode(token).ok_or_else(invalid_token)).transpose()?;
    let mut rest = items.skip_while(|(name, _)| last.as_ref().is_some_and(|last| name <= last));
    let (names, page): (Vec<String>, Vec<Value>) =
        rest.by_ref().take(limit).map(|(name, item)| (name, item.into())).unzip();
    let mut fields = Map::from_iter([(field.to_owned(), page.into())]);
    if let Some(token) = rest.next().and(names.into_iter().next_back()) {
        fields.insert("NextToken".to_owned(), page_token::encode(&token).into());
    }
    Ok(fields.into())
}

pub(super) fn check_description(description: Option<&str>) -> Result<(), AwsError> {
    check_constraints([
        description.and_then(|text| Violation::of_length(text, "description", 0, MAX_DESCRIPTION_LENGTH))
    ])
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
    let mut explanation = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        explanation.push_str(": ");
        explanation.push_str(&source.to_string());
    }
    let message = format!("Event pattern is not valid. Reason: {}", error.service_reason());
    AwsError::sender("InvalidEventPatternException", message).explained(explanation)
}
