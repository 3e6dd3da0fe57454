//! From the entries of a file or the catalogue to the messages that are published: ids, changes, running numbers.

use std::{cell::OnceCell, collections::BTreeMap};

use anyhow::Context;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    change::{self, Change},
    entry::{self, Entry},
};
use crate::samples;

/// The fields of an envelope with ids of messages.
const IDS: [&str; 3] = ["/eventId", "/metadata/correlationId", "/metadata/causationId"];

/// What happens to the ids in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// They stay, and none is added.
    Unchanged,
    /// They stay; a message of the catalogue without an id gets one, so that a retry is the same message.
    Completed,
    /// All are new; equal ids of a round stay equal.
    Fresh,
}

/// The messages of a round, before ids and numbers are filled in.
pub(super) struct MessageTemplate {
    entries: Vec<(Entry, Option<Value>)>,
    changes: Vec<Change>,
    ids: Ids,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    /// From 1.
    pub(super) number: u64,
    pub(super) id: Option<String>,
    /// Its correlation id, or the one that it starts.
    pub(super) correlation: Option<String>,
    pub(super) entry: Entry,
}

impl MessageTemplate {
    /// Fails if a change fits none of the entries.
    pub(super) fn new(entries: Vec<Entry>, changes: Vec<Change>, ids: Ids) -> anyhow::Result<Self> {
        let with_schema = |entry: Entry| (entry.clone(), schema_of(&entry));
        let entries: Vec<_> = entries.into_iter().map(with_schema).collect();
        let opened: Vec<_> = entries.iter().map(|(entry, schema)| (open(entry), schema.clone())).collect();
        change::check(&opened, &changes)?;
        Ok(Self { entries, changes, ids })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The messages of one round, numbered from 1 in the first.
    pub(super) fn round(&self, round: u64) -> anyhow::Result<Vec<Message>> {
        let mut known = BTreeMap::new();
        let first = (round - 1) * u64::try_from(self.entries.len())?;
        let messages = (1..).zip(&self.entries).map(|(place, (entry, schema))| {
            let number = first + place;
            let given = open(entry);
            let mut opened = given.clone();
            if let Some(detail) = opened.get_mut("Detail").filter(|detail| detail.is_object()) {
                self.give_ids(detail, schema.is_some(), &mut known);
            }
            let uuid = OnceCell::new();
            let fill = |text: &str| {
                let uuid = uuid.get_or_init(|| Uuid::new_v4().to_string());
                let number = number.to_string();
                text.replace("{n}", &number).replace("{number}", &number).replace("{uuid}", uuid)
            };
            change::apply(&mut opened, schema.as_ref(), &self.changes, fill)?;
            // An entry without changes is published byte for byte.
            let entry = if given == opened { entry.clone() } else { close(&opened)? };
            let text = |pointer: &str| opened.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            let id = text("/Detail/eventId");
            let correlation = text("/Detail/metadata/correlationId").or_else(|| id.clone());
            Ok(Message { number, id, correlation, entry })
        });
        messages.collect()
    }

    fn give_ids(&self, detail: &mut Value, is_known: bool, known: &mut BTreeMap<String, String>) {
        if self.ids == Ids::Fresh {
            for place in IDS {
                if let Some(Value::String(id)) = detail.pointer_mut(place) {
                    *id = known.entry(id.clone()).or_insert_with(new_id).clone();
                }
            }
        }
        let lacks_one = detail.get("eventId").is_none() && detail.get("data").is_some();
        if self.ids != Ids::Unchanged && is_known && lacks_one {
            detail["eventId"] = new_id().into();
        }
    }
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// The schema of the body, if the catalogue has the message in the version of the envelope.
fn schema_of(entry: &Entry) -> Option<Value> {
    let name = entry.detail_type.as_deref()?;
    let version = open(entry).pointer("/Detail/eventVersion").and_then(Value::as_u64);
    let wanted = version.map_or_else(|| name.to_owned(), |version| format!("{name}.v{version}"));
    serde_json::from_str(samples::find(&wanted).ok()?.schema).ok()
}

/// The entry as JSON. A detail that is not JSON is a string.
fn open(entry: &Entry) -> Value {
    let detail = entry.detail.as_ref().map(|text| serde_json::from_str(text).unwrap_or_else(|_| json!(text)));
    let fields = [
        ("Source", json!(entry.source)),
        ("DetailType", json!(entry.detail_type)),
        ("Detail", json!(detail)),
        ("EventBusName", json!(entry.bus)),
        ("Resources", json!(entry.resources)),
        ("Time", json!(entry.time)),
        ("TraceHeader", json!(entry.trace)),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn close(opened: &Value) -> anyhow::Result<Entry> {
    let text = |name: &str| match opened.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => anyhow::bail!("{name} must be a string, not {other}"),
    };
    let resources = match opened.get("Resources") {
        None | Some(Value::Null) => None,
        Some(given) => Some(serde_json::from_value(given.clone()).context("Resources must be a list of strings")?),
    };
    let detail = match opened.get("Detail") {
        Some(Value::String(text)) => Some(text.clone()),
        other => other.map(Value::to_string),
    };
    let time = opened.get("Time").filter(|time| !time.is_null()).map(entry::time).transpose()?;
    let (source, detail_type, bus) = (text("Source")?, text("DetailType")?, text("EventBusName")?);
    Ok(Entry { source, detail_type, detail, bus, resources, time, trace: text("TraceHeader")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, changes: &[&str], ids: Ids) -> MessageTemplate {
        let changes = changes.iter().map(|text| change::change(text).expect("a change")).collect();
        MessageTemplate::new(entry::read(text).expect("entries"), changes, ids).expect("the changes fit")
    }

    fn sample(name: &str) -> &'static str {
        samples::find(name).expect("a sample").text
    }

    fn rounds(pattern: &MessageTemplate) -> Vec<Message> {
        (1..=2).flat_map(|round| pattern.round(round).expect("messages")).collect()
    }

    fn detail(message: &Message) -> Value {
        serde_json::from_str(message.entry.detail.as_deref().unwrap_or_default()).expect("JSON")
    }

    #[test]
    fn an_event_that_is_published_twice_is_the_same_message_byte_for_byte() {
        let event = rounds(&pattern(sample("OrderPlaced"), &[], Ids::Completed));
        assert_eq!(event[0].id, event[1].id);
        let correlation = Some("36212d30-e251-50a0-8c4f-4e2a2c0d1e69");
        assert_eq!(event[0].correlation.as_deref(), correlation, "it belongs to its sample's correlation");
        assert_eq!(event[0].entry, entry::read(sample("OrderPlaced")).expect("entries")[0]);
    }

    #[test]
    fn a_command_gets_an_id_so_that_a_retry_is_the_same_message() {
        let command = rounds(&pattern(sample("PlaceOrder"), &[], Ids::Completed));
        assert!(command[0].id.is_some());
        assert_ne!(command[0].id, command[1].id);
        let bare = rounds(&pattern(sample("PlaceOrder"), &[], Ids::Unchanged));
        assert_eq!(bare[0].id, None);
        let foreign = r#"{"Source": "shop", "DetailType": "Till", "Detail": {"data": {}}}"#;
        assert_eq!(rounds(&pattern(foreign, &[], Ids::Completed))[0].id, None, "what is not ours is left alone");
    }

    #[test]
    fn fresh_ids_are_new_in_each_round_and_agree_within_it() {
        let events = rounds(&pattern(sample("OrderPlaced"), &[], Ids::Fresh));
        assert_ne!(events[0].id, events[1].id);
        let (one, other) = (detail(&events[0]), detail(&events[1]));
        assert_ne!(one["metadata"]["correlationId"], other["metadata"]["correlationId"]);
        assert_eq!(one["metadata"]["correlationId"], one["metadata"]["causationId"], "they were the same before");
        let story = format!("[{}, {}]", one_of(sample("OrderPlaced.v1")), one_of(sample("OrderPlaced.v2")));
        let both = pattern(&story, &[], Ids::Fresh).round(1).expect("messages");
        assert_eq!(both[0].id, both[1].id, "a message published twice stays one");
    }

    fn one_of(list: &str) -> &str {
        list.trim().trim_start_matches('[').trim_end_matches(']')
    }

    #[test]
    fn running_numbers_and_uuids_are_filled_in() {
        let changes = ["orderId=o-{n}", "contactEmail={number}@example.com", "userId={uuid}", "lines.0.sku=sku-{uuid}"];
        let messages = rounds(&pattern(sample("PlaceOrder"), &changes, Ids::Fresh));
        assert_eq!(messages.iter().map(|message| message.number).collect::<Vec<_>>(), [1, 2]);
        let (one, two) = (detail(&messages[0]), detail(&messages[1]));
        assert_eq!((&one["data"]["orderId"], &two["data"]["orderId"]), (&json!("o-1"), &json!("o-2")));
        assert_eq!(two["data"]["contactEmail"], json!("2@example.com"));
        assert_ne!(one["data"]["userId"], two["data"]["userId"]);
        let uuid = one["data"]["userId"].as_str().unwrap_or_default();
        assert_eq!(one["data"]["lines"][0]["sku"], json!(format!("sku-{uuid}")), "one message has one");
    }

    #[test]
    fn an_id_that_is_set_stays_and_a_field_of_the_wrong_kind_is_refused() {
        let set = rounds(&pattern(sample("OrderPlaced"), &["eventId=mine"], Ids::Fresh));
        assert_eq!(set[0].id.as_deref(), Some("mine"));
        let wrong = pattern(sample("PlaceOrder"), &["Source=[]"], Ids::Completed).round(1);
        assert!(wrong.is_err_and(|error| error.to_string().contains("Source must be a string")));
    }
}
