//! From what a file or the catalogue says to the messages that are put: ids of their own, changes, running numbers.

use std::{cell::OnceCell, collections::BTreeMap};

use anyhow::Context;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    change::{self, Change},
    entry::{self, Entry},
};
use crate::samples;

/// Where an envelope has ids of messages.
const IDS: [&str; 3] = ["/eventId", "/metadata/correlationId", "/metadata/causationId"];

/// What is done with the ids that stand in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// They stay, and none is added.
    AsTheyAre,
    /// They stay; a message of the catalogue that has none gets one, so that a second try is no second message.
    Completed,
    /// All are new, the same for the same within one round.
    Fresh,
}

/// What is put again and again.
pub(super) struct Pattern {
    entries: Vec<(Entry, Option<Value>)>,
    changes: Vec<Change>,
    ids: Ids,
}

/// One message, ready to be put.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// From 1.
    pub(super) number: u64,
    /// The id in its envelope.
    pub(super) id: Option<String>,
    /// The story that it belongs to or begins.
    pub(super) correlation: Option<String>,
    pub(super) entry: Entry,
}

impl Pattern {
    /// Reads the entries, and refuses changes that none of them can take.
    pub(super) fn new(entries: Vec<Entry>, changes: Vec<Change>, ids: Ids) -> anyhow::Result<Self> {
        let with_schema = |entry: Entry| (entry.clone(), schema_of(&entry));
        let entries: Vec<_> = entries.into_iter().map(with_schema).collect();
        let opened: Vec<_> = entries.iter().map(|(entry, schema)| (open(entry), schema.clone())).collect();
        change::check(&opened, &changes)?;
        Ok(Self { entries, changes, ids })
    }

    /// How many messages a round has.
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
            // What is not changed is sent letter by letter.
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
        if self.ids != Ids::AsTheyAre && is_known && lacks_one {
            detail["eventId"] = new_id().into();
        }
    }
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// The schema of the message's body, if the catalogue has it in the version that the envelope says.
fn schema_of(entry: &Entry) -> Option<Value> {
    let name = entry.detail_type.as_deref()?;
    let version = open(entry).pointer("/Detail/eventVersion").and_then(Value::as_u64);
    let wanted = version.map_or_else(|| name.to_owned(), |version| format!("{name}.v{version}"));
    serde_json::from_str(samples::find(&wanted).ok()?.schema).ok()
}

/// The whole entry as JSON; a detail that is none stays a text.
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
        Some(other) => anyhow::bail!("{name} must be a text, not {other}"),
    };
    let resources = match opened.get("Resources") {
        None | Some(Value::Null) => None,
        Some(given) => Some(serde_json::from_value(given.clone()).context("Resources must be a list of texts")?),
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
mod tests;
