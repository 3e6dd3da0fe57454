//! A commit's parts as JSON text: events, sends, timers, the carried state. Compact, and readable as it lies.

use causeway::{
    Encoded, StreamId,
    log::commit::{Commit, EmbeddedSnapshot, RecentCommand, Send, TimerChange},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The texts of a commit that may be packed.
#[derive(Debug)]
pub(crate) struct Texts {
    /// The events.
    pub(crate) events: String,
    /// The messages it sends, if any.
    pub(crate) sends: Option<String>,
    /// The timers it changes, if any.
    pub(crate) timers: Option<String>,
}

/// What the texts say.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    events: Vec<StoredMessage>,
    #[serde(default)]
    sends: Vec<StoredSend>,
    #[serde(default)]
    timers: Vec<StoredTimer>,
    #[serde(default)]
    carried: Option<EmbeddedSnapshot>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredMessage {
    #[serde(rename = "type")]
    name: String,
    version: u32,
    data: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredSend {
    to: StreamId,
    message: StoredMessage,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StoredTimer {
    Set { name: String, due: Timestamp, message: StoredMessage },
    Cancel { name: String },
}

impl Texts {
    /// The texts of a commit.
    pub(crate) fn of(commit: &Commit) -> Result<Self, serde_json::Error> {
        let events: Vec<StoredMessage> = commit.events.iter().map(stored).collect();
        let sends = commit.sends.iter().map(|send| StoredSend { to: send.to.clone(), message: stored(&send.message) });
        let timers = commit.timers.iter().map(stored_timer);
        Ok(Self {
            events: serde_json::to_string(&events)?,
            sends: list_text(sends.collect())?,
            timers: list_text(timers.collect())?,
        })
    }

    /// All texts as one, with the carried state if there is one.
    pub(crate) fn together(&self, carried: Option<&str>) -> String {
        let mut text = format!("{{\"events\":{}", self.events);
        let rest = [("sends", self.sends.as_deref()), ("timers", self.timers.as_deref()), ("carried", carried)];
        for (name, part) in rest {
            if let Some(part) = part {
                text.push_str(&format!(",\"{name}\":{part}"));
            }
        }
        text.push('}');
        text
    }
}

impl Said {
    /// Reads the texts one by one.
    pub(crate) fn read(events: &str, sends: Option<&str>, timers: Option<&str>) -> Result<Self, String> {
        Ok(Self {
            events: read_json("events", events)?,
            sends: sends.map(|text| read_json("sends", text)).transpose()?.unwrap_or_default(),
            timers: timers.map(|text| read_json("timers", text)).transpose()?.unwrap_or_default(),
            carried: None,
        })
    }

    /// Reads the texts as one.
    pub(crate) fn read_together(text: &str) -> Result<Self, String> {
        read_json("packed", text)
    }

    /// The events.
    pub(crate) fn events(&mut self) -> Vec<Encoded> {
        std::mem::take(&mut self.events).into_iter().map(message).collect()
    }

    /// The messages sent.
    pub(crate) fn sends(&mut self) -> Vec<Send> {
        let sends = std::mem::take(&mut self.sends).into_iter();
        sends.map(|send| Send { to: send.to, message: message(send.message) }).collect()
    }

    /// The timers changed.
    pub(crate) fn timers(&mut self) -> Vec<TimerChange> {
        let timers = std::mem::take(&mut self.timers).into_iter();
        timers
            .map(|timer| match timer {
                StoredTimer::Set { name, due, message: said } => TimerChange::Set { name, due, message: message(said) },
                StoredTimer::Cancel { name } => TimerChange::Cancel { name },
            })
            .collect()
    }

    /// The state that rides along.
    pub(crate) fn carried(&mut self) -> Option<EmbeddedSnapshot> {
        self.carried.take()
    }
}

/// A list of recent commands as text.
pub(crate) fn recent_text(recent: &[RecentCommand]) -> Result<String, serde_json::Error> {
    serde_json::to_string(recent)
}

/// Reads JSON, or says which text is wrong.
pub(crate) fn read_json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
}

fn list_text<T: Serialize>(list: Vec<T>) -> Result<Option<String>, serde_json::Error> {
    if list.is_empty() { Ok(None) } else { serde_json::to_string(&list).map(Some) }
}

fn stored(message: &Encoded) -> StoredMessage {
    StoredMessage { name: message.name.clone(), version: message.version, data: message.data.clone() }
}

fn message(stored: StoredMessage) -> Encoded {
    Encoded { name: stored.name, version: stored.version, data: stored.data }
}

fn stored_timer(timer: &TimerChange) -> StoredTimer {
    match timer {
        TimerChange::Set { name, due, message } => {
            StoredTimer::Set { name: name.clone(), due: *due, message: stored(message) }
        }
        TimerChange::Cancel { name } => StoredTimer::Cancel { name: name.clone() },
    }
}
