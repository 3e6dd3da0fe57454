//! One entry of `PutEvents`: read, measured and checked for itself, so that it can fail alone.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{detail, envelope::Said};

/// The longest detail-type, in characters.
const LONGEST_DETAIL_TYPE: usize = 128;

/// A time counts this much, however it is written.
const TIME_SIZE: usize = 14;

/// An entry as it was sent.
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

/// Why an entry is refused, in the words of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refused {
    /// The detail is no JSON object, or one that the service does not take.
    pub(super) fn malformed() -> Self {
        Self { code: "MalformedDetail", message: "Detail is malformed.".to_owned() }
    }

    /// The service is in trouble, or has too much to do.
    pub(super) fn in_passing(is_throttled: bool) -> Self {
        let (code, message) = match is_throttled {
            true => ("ThrottlingException", "Rate exceeded for the entry."),
            false => ("InternalFailure", "The entry could not be taken. Try again."),
        };
        Self { code, message: message.to_owned() }
    }

    fn argument(name: &str, reason: &str) -> Self {
        Self { code: "InvalidArgument", message: format!("Parameter {name} is not valid. Reason: {reason}") }
    }
}

impl Entry {
    /// How much of the limit of a request it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail];
        let resources = self.resources.iter().flatten().map(String::len).sum::<usize>();
        let time = if self.time.is_some() { TIME_SIZE } else { 0 };
        texts.into_iter().flatten().map(String::len).sum::<usize>() + resources + time
    }

    /// The first of the three fields that it lacks, if it lacks one.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        let fields = [("Source", &self.source), ("DetailType", &self.detail_type), ("Detail", &self.detail)];
        let empty = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        fields.into_iter().find(|(_, text)| empty(text)).map(|(name, _)| name)
    }

    /// The event that the entry says.
    pub(super) fn check(&self, now: Timestamp) -> Result<Said, Refused> {
        if let Some(name) = self.lacks() {
            return Err(Refused::argument(name, &format!("{name} is a required argument.")));
        }
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (source, detail_type) = (text(&self.source), text(&self.detail_type));
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.".to_owned();
            return Err(Refused { code: "NotAuthorizedForSource", message });
        }
        if detail_type.chars().count() > LONGEST_DETAIL_TYPE {
            let reason = format!("DetailType is longer than {LONGEST_DETAIL_TYPE} characters.");
            return Err(Refused::argument("DetailType", &reason));
        }
        let time = match &self.time {
            None | Some(Value::Null) => now,
            Some(time) => moment(time).ok_or_else(|| Refused::argument("Time", "Time is not a timestamp."))?,
        };
        let detail = detail::compact(&text(&self.detail)).ok_or_else(Refused::malformed)?;
        Ok(Said { source, detail_type, detail, resources: self.resources.clone().unwrap_or_default(), time })
    }
}

// The protocol sends seconds as a number; by hand a text is written.
pub(super) fn moment(time: &Value) -> Option<Timestamp> {
    match time {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            None => jiff::SignedDuration::try_from_secs_f64(number.as_f64()?)
                .ok()
                .and_then(|since| Timestamp::from_duration(since).ok()),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
