//! A commit as an item of the events table, and back. [`pack`] chooses the layout: readable JSON while it fits, deflated
//! when that saves a write unit, with the snapshot in the spare part of the units that the events consume anyway.
//! [`commit_of`] reads every layout and trusts none: it names what is wrong and never panics.

use std::io::{Read, Write};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use causeway::{
    Encoded, MessageId, StreamId,
    log::{
        commit::{Commit, EmbeddedSnapshot, Send, TimerChange},
        event_store::{ReadError, SnapshotPolicy},
    },
    message::id::CommitId,
};
use flate2::{Compression, bufread::DeflateDecoder, write::DeflateEncoder};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::attributes::{Item, LIMIT, item_of, number, read_number, read_text, size, text, write_units};

/// The format that is written here, and the newest that can be read.
const FORMAT: u64 = 1;

/// The most bytes that a deflated text may inflate to: many times an item's limit, and little for a function's memory.
const MAX_INFLATED: u64 = 16 * 1024 * 1024;

/// The partition key of the events table: `<context>/<id>`.
pub(super) const STREAM: &str = "stream";
/// The sort key: the version of the commit's first event.
pub(super) const VERSION: &str = "version";
/// The commit id, from which all event ids are derived.
pub(super) const ID: &str = "id";
/// The id of the command.
pub(super) const COMMAND: &str = "command";
/// The metadata as JSON: correlation, causation, trace and user.
pub(super) const METADATA: &str = "metadata";
const COUNT: &str = "count";
const CARRIED_BEFORE: &str = "carried_before";
const AT: &str = "at";
const FORMAT_NAME: &str = "format";
const EVENTS: &str = "events";
const SENDS: &str = "sends";
const TIMERS: &str = "timers";
/// The snapshot's state as JSON; or the whole snapshot, deflated.
const STATE: &str = "state";
const SHAPE: &str = "shape";
const RECENT: &str = "recent";
/// Events, sends, timers and snapshot as one deflated JSON text.
const PACKED: &str = "packed";

/// A commit that is ready to be written.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) item: Item,
    /// The item's size.
    pub(super) bytes: usize,
    /// Whether the item holds the snapshot.
    pub(super) has_snapshot: bool,
}

/// A commit that fits no item.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackError {
    /// Every layout is over the limit.
    #[error("the commit has {bytes} bytes")]
    TooLarge { bytes: usize },
    #[error("the commit cannot be serialized as JSON")]
    Unwritable(#[from] serde_json::Error),
}

/// The parts of a commit as JSON texts.
struct Texts {
    events: String,
    sends: Option<String>,
    timers: Option<String>,
}

/// A snapshot as JSON texts: the whole of it, and its parts.
struct SnapshotTexts<'a> {
    snapshot: &'a EmbeddedSnapshot,
    recent: String,
    whole: String,
}

/// Packs a commit, with its snapshot if the policy and the size allow it.
pub(super) fn pack(commit: &Commit, policy: SnapshotPolicy) -> Result<Packed, PackError> {
    let fixed = fixed(commit)?;
    let texts = Texts::of(commit)?;
    let bare = bare(&fixed, &texts);
    let Some(snapshot) = &commit.snapshot else { return fitting(bare) };
    let (recent, whole) = (serde_json::to_string(&snapshot.recent)?, serde_json::to_string(snapshot)?);
    let snapshot = SnapshotTexts { snapshot, recent, whole };
    let layouts: [fn(&Item, &Texts, &SnapshotTexts<'_>) -> Item; 3] =
        [readable_with, snapshot_deflated, |fixed, texts, snapshot| all_deflated(fixed, texts, Some(&snapshot.whole))];
    let paid = write_units(bare.bytes);
    let mut best: Option<Packed> = None;
    for layout in layouts {
        let item = layout(&fixed, &texts, &snapshot);
        let bytes = size(&item);
        if best.as_ref().is_none_or(|best| write_units(bytes) < write_units(best.bytes)) {
            best = Some(Packed { item, bytes, has_snapshot: true });
        }
        if write_units(bytes) <= paid {
            break;
        }
    }
    let is_allowed = |packed: &Packed| match policy {
        SnapshotPolicy::IfFree => write_units(packed.bytes) <= paid,
        SnapshotPolicy::Must => true,
    };
    match best.filter(|packed| packed.bytes <= LIMIT && is_allowed(packed)) {
        Some(packed) => Ok(packed),
        None => fitting(bare),
    }
}

fn fitting(packed: Packed) -> Result<Packed, PackError> {
    if packed.bytes > LIMIT { Err(PackError::TooLarge { bytes: packed.bytes }) } else { Ok(packed) }
}

/// The attributes that every layout has, always readable.
fn fixed(commit: &Commit) -> Result<Item, serde_json::Error> {
    Ok(item_of([
        (STREAM, text(commit.stream.to_string())),
        (VERSION, number(commit.version)),
        (COUNT, number(commit.events.len())),
        (ID, text(commit.id.uuid().to_string())),
        (CARRIED_BEFORE, number(commit.snapshot_before)),
        (COMMAND, text(commit.command.as_str())),
        (METADATA, text(serde_json::to_string(&commit.metadata)?)),
        (AT, text(commit.at.to_string())),
        (FORMAT_NAME, number(FORMAT)),
    ]))
}

/// The item without a snapshot, deflated if that saves a write unit.
fn bare(fixed: &Item, texts: &Texts) -> Packed {
    let packed = |item: Item| Packed { bytes: size(&item), item, has_snapshot: false };
    let readable = packed(readable(fixed, texts));
    if write_units(readable.bytes) > 1 {
        let deflated = packed(all_deflated(fixed, texts, None));
        if write_units(deflated.bytes) < write_units(readable.bytes) {
            return deflated;
        }
    }
    readable
}

fn readable(fixed: &Item, texts: &Texts) -> Item {
    let mut item = fixed.clone();
    item.insert(EVENTS.to_owned(), text(&texts.events));
    for (name, part) in [(SENDS, &texts.sends), (TIMERS, &texts.timers)] {
        item.extend(part.as_ref().map(|part| (name.to_owned(), text(part))));
    }
    item
}

fn readable_with(fixed: &Item, texts: &Texts, snapshot: &SnapshotTexts<'_>) -> Item {
    let mut item = readable(fixed, texts);
    item.insert(STATE.to_owned(), text(snapshot.snapshot.state.get()));
    item.insert(SHAPE.to_owned(), text(&snapshot.snapshot.shape));
    item.insert(RECENT.to_owned(), text(&snapshot.recent));
    item
}

fn snapshot_deflated(fixed: &Item, texts: &Texts, snapshot: &SnapshotTexts<'_>) -> Item {
    let Some(deflated) = deflate(&snapshot.whole) else { return readable_with(fixed, texts, snapshot) };
    let mut item = readable(fixed, texts);
    item.insert(STATE.to_owned(), deflated);
    item
}

fn all_deflated(fixed: &Item, texts: &Texts, snapshot: Option<&str>) -> Item {
    let mut item = fixed.clone();
    let joined = texts.joined(snapshot);
    item.insert(PACKED.to_owned(), deflate(&joined).unwrap_or_else(|| text(joined)));
    item
}

/// Reads the commit of an item.
pub fn commit_of(item: &Item) -> Result<Commit, ReadError> {
    let parsed = read_text(item, STREAM).and_then(|text| StreamId::parse(text).map_err(|error| error.to_string()));
    let stream = match parsed {
        Ok(stream) => stream,
        Err(reason) => {
            // For the error only: the item does not name its stream.
            let stream = StreamId::new("unknown", &MessageId::from(Uuid::nil()));
            return Err(ReadError::Corrupt { stream, version: 0, reason });
        }
    };
    let corrupt = |version, reason| ReadError::Corrupt { stream: stream.clone(), version, reason };
    let version = read_number(item, VERSION).map_err(|reason| corrupt(0, reason))?;
    let format = read_number(item, FORMAT_NAME).map_err(|reason| corrupt(version, reason))?;
    if format > FORMAT {
        return Err(ReadError::NewerFormat { stream: stream.clone(), version, format });
    }
    read(&stream, version, item).map_err(|reason| corrupt(version, reason))
}

fn read(stream: &StreamId, version: u64, item: &Item) -> Result<Commit, String> {
    let parts = StoredParts::of(item)?;
    let (count, found) = (read_number(item, COUNT)?, parts.events.len());
    if found == 0 || found as u64 != count || version == 0 {
        return Err(format!("{count} events were written, {found} are there"));
    }
    let id = Uuid::parse_str(read_text(item, ID)?).map_err(|error| format!("{ID}: {error}"))?;
    let timers = parts.timers.into_iter().map(|timer| match timer {
        StoredTimer::Set { name, due, message } => TimerChange::Set { name, due, message: message.into() },
        StoredTimer::Cancel { name } => TimerChange::Cancel { name },
    });
    Ok(Commit {
        stream: stream.clone(),
        version,
        id: CommitId::new(id),
        events: parts.events.into_iter().map(Encoded::from).collect(),
        sends: parts.sends.into_iter().map(|send| Send { to: send.to, message: send.message.into() }).collect(),
        timers: timers.collect(),
        snapshot: match parts.carried {
            Some(snapshot) => Some(snapshot),
            None => read_snapshot(item)?,
        },
        snapshot_before: read_number(item, CARRIED_BEFORE)?,
        command: MessageId::new(read_text(item, COMMAND)?).map_err(|error| format!("{COMMAND}: {error}"))?,
        metadata: read_json(METADATA, read_text(item, METADATA)?)?,
        at: read_text(item, AT)?.parse::<Timestamp>().map_err(|error| format!("{AT}: {error}"))?,
    })
}

fn read_snapshot(item: &Item) -> Result<Option<EmbeddedSnapshot>, String> {
    match item.get(STATE) {
        None => Ok(None),
        Some(AttributeValue::B(deflated)) => Ok(Some(read_json(STATE, &inflate(deflated.as_ref())?)?)),
        Some(_) => Ok(Some(EmbeddedSnapshot {
            shape: read_text(item, SHAPE)?.to_owned(),
            state: read_json(STATE, read_text(item, STATE)?)?,
            recent: read_json(RECENT, read_text(item, RECENT)?)?,
        })),
    }
}

fn read_json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
}

/// The parts of a commit as they are stored. Their field names are stored names.
#[derive(Deserialize)]
struct StoredParts {
    events: Vec<StoredMessage>,
    #[serde(default)]
    sends: Vec<StoredSend>,
    #[serde(default)]
    timers: Vec<StoredTimer>,
    #[serde(default)]
    carried: Option<EmbeddedSnapshot>,
}

#[derive(Serialize, Deserialize)]
struct StoredMessage {
    #[serde(rename = "type")]
    name: String,
    version: u32,
    data: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
struct StoredSend {
    to: StreamId,
    message: StoredMessage,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StoredTimer {
    Set { name: String, due: Timestamp, message: StoredMessage },
    Cancel { name: String },
}

impl StoredParts {
    fn of(item: &Item) -> Result<Self, String> {
        match item.get(PACKED) {
            Some(AttributeValue::B(deflated)) => read_json(PACKED, &inflate(deflated.as_ref())?),
            Some(AttributeValue::S(text)) => read_json(PACKED, text),
            Some(_) => Err(format!("{PACKED} is neither bytes nor a string")),
            None => Ok(Self {
                events: read_json(EVENTS, read_text(item, EVENTS)?)?,
                sends: read_list(item, SENDS)?,
                timers: read_list(item, TIMERS)?,
                carried: None,
            }),
        }
    }
}

fn read_list<T: DeserializeOwned>(item: &Item, name: &str) -> Result<Vec<T>, String> {
    if item.contains_key(name) { read_json(name, read_text(item, name)?) } else { Ok(Vec::new()) }
}

impl From<&Encoded> for StoredMessage {
    fn from(message: &Encoded) -> Self {
        Self { name: message.name.clone(), version: message.version, data: message.data.clone() }
    }
}

impl From<StoredMessage> for Encoded {
    fn from(stored: StoredMessage) -> Self {
        Self { name: stored.name, version: stored.version, data: stored.data }
    }
}

impl Texts {
    fn of(commit: &Commit) -> Result<Self, serde_json::Error> {
        let events: Vec<StoredMessage> = commit.events.iter().map(StoredMessage::from).collect();
        let sends = commit.sends.iter().map(|send| StoredSend { to: send.to.clone(), message: (&send.message).into() });
        let timers = commit.timers.iter().map(|timer| match timer {
            TimerChange::Set { name, due, message } => {
                StoredTimer::Set { name: name.clone(), due: *due, message: message.into() }
            }
            TimerChange::Cancel { name } => StoredTimer::Cancel { name: name.clone() },
        });
        Ok(Self {
            events: serde_json::to_string(&events)?,
            sends: list_text(sends.collect())?,
            timers: list_text(timers.collect())?,
        })
    }

    /// All texts as one JSON object.
    fn joined(&self, snapshot: Option<&str>) -> String {
        let mut text = format!("{{\"events\":{}", self.events);
        let rest = [("sends", self.sends.as_deref()), ("timers", self.timers.as_deref()), ("carried", snapshot)];
        for (name, part) in rest {
            if let Some(part) = part {
                text.push_str(&format!(",\"{name}\":{part}"));
            }
        }
        text.push('}');
        text
    }
}

fn list_text<T: Serialize>(list: Vec<T>) -> Result<Option<String>, serde_json::Error> {
    if list.is_empty() { Ok(None) } else { serde_json::to_string(&list).map(Some) }
}

/// The deflated text; none if the encoder fails, and then the text stays as it is.
fn deflate(text: &str) -> Option<AttributeValue> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok().map(|bytes| AttributeValue::B(Blob::new(bytes)))
}

/// Inflates a text, up to a limit, so that no item can fill the memory.
fn inflate(deflated: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    let mut decoder = DeflateDecoder::new(deflated).take(MAX_INFLATED + 1);
    decoder.read_to_string(&mut text).map_err(|error| format!("the deflated text cannot be inflated: {error}"))?;
    if text.len() as u64 > MAX_INFLATED {
        return Err(format!("the deflated text inflates to more than {MAX_INFLATED} bytes"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
