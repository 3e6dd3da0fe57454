//! Entries of `PutEvents` in files: one, a list of them, or `{"Entries": […]}`.

use anyhow::{Context, bail};
use aws_sdk_eventbridge::{primitives::DateTime, types::PutEventsRequestEntry};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// The fields of an entry in the API.
pub(super) const FIELDS: [&str; 7] =
    ["Source", "DetailType", "Detail", "EventBusName", "Resources", "Time", "TraceHeader"];

/// The size of the `Time` of an entry in a request.
const TIME_BYTES: usize = 14;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EntryJson {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<Box<RawValue>>,
    event_bus_name: Option<String>,
    resources: Option<Vec<String>>,
    time: Option<Value>,
    trace_header: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Wrapped {
    entries: Vec<EntryJson>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) source: Option<String>,
    pub(super) detail_type: Option<String>,
    /// JSON, not validated.
    pub(super) detail: Option<String>,
    pub(super) bus: Option<String>,
    pub(super) resources: Option<Vec<String>>,
    pub(super) time: Option<Timestamp>,
    pub(super) trace: Option<String>,
}

pub(super) fn read(text: &str) -> anyhow::Result<Vec<Entry>> {
    let entries: Vec<EntryJson> = match text.trim_start().chars().next() {
        Some('[') => serde_json::from_str(text)?,
        Some('{') if is_wrapped(text) => serde_json::from_str::<Wrapped>(text)?.entries,
        Some('{') => vec![serde_json::from_str(text)?],
        _ => bail!("expected an entry, a list of entries, or {{\"Entries\": […]}}"),
    };
    if entries.is_empty() {
        bail!("the list has no entry");
    }
    (1..).zip(entries).map(|(number, entry)| entry.into_entry().with_context(|| format!("entry {number}"))).collect()
}

fn is_wrapped(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("Entries").is_some())
}

impl EntryJson {
    fn into_entry(self) -> anyhow::Result<Entry> {
        let detail = match self.detail {
            // In the API, Detail is a string with JSON; in a file it may be the JSON itself.
            Some(detail) if detail.get().starts_with('"') => Some(serde_json::from_str(detail.get())?),
            Some(detail) => Some(detail.get().to_owned()),
            None => None,
        };
        let (source, detail_type, bus) = (self.source, self.detail_type, self.event_bus_name);
        let time = self.time.as_ref().map(time).transpose()?;
        Ok(Entry { source, detail_type, detail, bus, resources: self.resources, time, trace: self.trace_header })
    }
}

/// `2026-11-21T10:30:00Z`, or seconds since 1970.
pub(super) fn time(given: &Value) -> anyhow::Result<Timestamp> {
    let seconds = given.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let time = seconds.or_else(|| given.as_str()?.parse().ok());
    time.with_context(|| format!("Time: {given} is neither like 2026-11-21T10:30:00Z nor seconds since 1970"))
}

impl Entry {
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail].into_iter().flatten().map(String::len);
        let resources = self.resources.iter().flatten().map(String::len);
        TIME_BYTES + texts.sum::<usize>() + resources.sum::<usize>()
    }

    pub(super) fn request(&self) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .set_source(self.source.clone())
            .set_detail_type(self.detail_type.clone())
            .set_detail(self.detail.clone())
            .set_event_bus_name(self.bus.clone())
            .set_resources(self.resources.clone())
            .set_time(self.time.map(|time| DateTime::from_millis(time.as_millisecond())))
            .set_trace_header(self.trace.clone())
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> Result<Vec<Option<String>>, String> {
        let entries = read(text).map_err(|error| format!("{error:#}"))?;
        Ok(entries.into_iter().map(|entry| entry.source).collect())
    }

    #[test]
    fn one_entry_a_list_and_a_wrapped_list_are_read() {
        let one = r#"{"Source": "shop", "DetailType": "A", "Detail": "{}"}"#;
        let shop = || Some("shop".to_owned());
        assert_eq!(sources(one), Ok(vec![shop()]));
        assert_eq!(sources(&format!("[{one}, {one}]")), Ok(vec![shop(), shop()]));
        assert_eq!(sources(&format!(r#"{{"Entries": [{one}]}}"#)), Ok(vec![shop()]));
    }

    #[test]
    fn a_detail_may_be_a_string_or_json_and_is_kept_byte_for_byte() {
        let detail = |text: &str| read(text).ok().and_then(|mut entries| entries.remove(0).detail);
        assert_eq!(detail(r#"{"Detail": "{\"b\": 1.0}"}"#).as_deref(), Some(r#"{"b": 1.0}"#));
        assert_eq!(detail(r#"{"Detail": {"b": 1.0, "a": 2}}"#).as_deref(), Some(r#"{"b": 1.0, "a": 2}"#));
    }

    #[test]
    fn an_invalid_entry_is_an_error_with_its_field() {
        let refused = |text: &str| sources(text).err().unwrap_or_default();
        assert!(refused(r#"{"Sourc": "shop"}"#).contains("unknown field `Sourc`"));
        assert!(refused("7").contains("a list of entries"));
        assert!(refused("[]").contains("has no entry"));
        assert!(refused(r#"[{}, {"Time": "noon"}]"#).contains("entry 2: Time: \"noon\" is neither"));
    }
}
