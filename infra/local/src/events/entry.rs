//! One entry of `PutEvents`. Each entry is validated by itself, so that it can fail alone.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::interfaces::NewEvent;

/// The maximum length of the detail-type, in characters.
const MAX_DETAIL_TYPE_LENGTH: usize = 128;

/// The bytes that a time counts for in the size of an entry, however it is written.
const TIME_SIZE: usize = 14;

/// The maximum nesting depth of objects and lists in a detail.
const MAX_DETAIL_DEPTH: usize = 1_000;

/// An entry of the request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    resources: Option<Vec<String>>,
    time: Option<Value>,
    pub(super) event_bus_name: Option<String>,
}

/// The error of a failed entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntryError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl EntryError {
    /// The detail is not a valid JSON object.
    pub(super) fn malformed_detail() -> Self {
        Self { code: "MalformedDetail", message: "Detail is malformed.".to_owned() }
    }

    /// An injected fault: the service is throttling, or it failed.
    pub(super) fn transient(is_throttled: bool) -> Self {
        let (code, message) = match is_throttled {
            true => ("ThrottlingException", "Rate exceeded for the entry."),
            false => ("InternalFailure", "The entry failed. Try again."),
        };
        Self { code, message: message.to_owned() }
    }

    fn invalid_argument(name: &str, reason: &str) -> Self {
        Self { code: "InvalidArgument", message: format!("Parameter {name} is not valid. Reason: {reason}") }
    }
}

impl Entry {
    /// Returns the size that counts towards the limit of the request, in bytes.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail];
        let resources = self.resources.iter().flatten().map(String::len).sum::<usize>();
        let time = if self.time.is_some() { TIME_SIZE } else { 0 };
        texts.into_iter().flatten().map(String::len).sum::<usize>() + resources + time
    }

    /// Returns the first required field that is missing or empty, if there is one.
    pub(super) fn missing_field(&self) -> Option<&'static str> {
        let fields = [("Source", &self.source), ("DetailType", &self.detail_type), ("Detail", &self.detail)];
        let empty = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        fields.into_iter().find(|(_, text)| empty(text)).map(|(name, _)| name)
    }

    /// Validates the entry and returns its event and the event's time.
    pub(super) fn validate(&self, now: Timestamp) -> Result<(NewEvent, Timestamp), EntryError> {
        if let Some(name) = self.missing_field() {
            return Err(EntryError::invalid_argument(name, &format!("{name} is a required argument.")));
        }
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (source, detail_type) = (text(&self.source), text(&self.detail_type));
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.".to_owned();
            return Err(EntryError { code: "NotAuthorizedForSource", message });
        }
        if detail_type.chars().count() > MAX_DETAIL_TYPE_LENGTH {
            let reason = format!("DetailType is longer than {MAX_DETAIL_TYPE_LENGTH} characters.");
            return Err(EntryError::invalid_argument("DetailType", &reason));
        }
        let time = match &self.time {
            None | Some(Value::Null) => now,
            Some(time) => {
                parse_time(time).ok_or_else(|| EntryError::invalid_argument("Time", "Time is not a timestamp."))?
            }
        };
        let detail = compact_detail(&text(&self.detail)).ok_or_else(EntryError::malformed_detail)?;
        let resources = self.resources.clone().unwrap_or_default();
        Ok((NewEvent { source, detail_type, detail, resources }, time))
    }
}

/// Parses a time: seconds as a number, as the SDKs send it, or a text.
pub(super) fn parse_time(time: &Value) -> Option<Timestamp> {
    match time {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            None => SignedDuration::try_from_secs_f64(number.as_f64()?)
                .ok()
                .and_then(|since| Timestamp::from_duration(since).ok()),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Removes the white space of a detail, or returns none if it is not an object that the service accepts. Numbers keep their
/// spelling: they are not parsed and written again.
pub(super) fn compact_detail(detail: &str) -> Option<String> {
    serde_json::from_str::<&RawValue>(detail).ok()?;
    let mut compact = String::with_capacity(detail.len());
    let (mut quoted, mut escaped) = (false, false);
    let (mut depth, mut max_depth) = (0_usize, 0);
    let mut number = String::new();
    for character in detail.chars() {
        if !quoted && matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E') {
            number.push(character);
        } else if !number.is_empty() && !is_accepted_number(&std::mem::take(&mut number)) {
            return None;
        }
        if quoted {
            quoted = character != '"' || escaped;
            escaped = character == '\\' && !escaped;
            compact.push(character);
            continue;
        }
        match character {
            '"' => quoted = true,
            '{' | '[' => {
                depth += 1;
                max_depth = max_depth.max(depth);
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !character.is_ascii_whitespace() {
            compact.push(character);
        }
    }
    (compact.starts_with('{') && max_depth <= MAX_DETAIL_DEPTH).then_some(compact)
}

// Integers must fit into a signed 64-bit number; other numbers keep their spelling. The `e` of `true` and `false` is passed
// as a number, too, and accepted.
fn is_accepted_number(number: &str) -> bool {
    number.contains(['.', 'e', 'E']) || number.parse::<i64>().is_ok()
}
