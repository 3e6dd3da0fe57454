//! The item of a commit, read back: whatever layout it was written in, the same commit comes out.
//! Nothing in it is trusted: what is wrong is named, and nothing panics.

use aws_sdk_dynamodb::types::AttributeValue;
use causeway::{
    MessageId, StreamId,
    log::{
        commit::{Commit, EmbeddedSnapshot},
        event_store::ReadError,
    },
    message::id::CommitId,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    attributes::{Item, number, read_number, read_text, text},
    commit_text::{Said, read_json},
    deflate::inflate,
};

/// The format that is written here, and the newest that is read.
const FORMAT: u64 = 1;

/// The table's partition key.
pub(crate) const STREAM: &str = "stream";
/// The table's sort key.
pub(crate) const VERSION: &str = "version";
/// The events, readable.
pub(crate) const EVENTS: &str = "events";
/// The messages sent, readable.
pub(crate) const SENDS: &str = "sends";
/// The timers changed, readable.
pub(crate) const TIMERS: &str = "timers";
/// The state: readable, or packed with its shape and the recent commands.
pub(crate) const STATE: &str = "state";
/// The state's fingerprint.
pub(crate) const SHAPE: &str = "shape";
/// The recent commands.
pub(crate) const RECENT: &str = "recent";
/// Events, sends, timers and state, packed together.
pub(crate) const PACKED: &str = "packed";

/// The root of all ids in the commit.
pub(crate) const ID: &str = "id";
/// The command that made it.
pub(crate) const COMMAND: &str = "command";
/// Where it comes from.
pub(crate) const METADATA: &str = "metadata";

const COUNT: &str = "count";
const CARRIED_BEFORE: &str = "carried_before";
const AT: &str = "at";
const FORMAT_NAME: &str = "format";

/// What every layout holds, readable always.
pub(crate) fn fixed(commit: &Commit) -> Result<Item, serde_json::Error> {
    let attributes = [
        (STREAM, text(commit.stream.to_string())),
        (VERSION, number(commit.version)),
        (COUNT, number(commit.events.len())),
        (ID, text(commit.id.uuid().to_string())),
        (CARRIED_BEFORE, number(commit.snapshot_before)),
        (COMMAND, text(commit.command.as_str())),
        (METADATA, text(serde_json::to_string(&commit.metadata)?)),
        (AT, text(commit.at.to_string())),
        (FORMAT_NAME, number(FORMAT)),
    ];
    Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The commit that an item of the log holds.
pub fn commit_of(item: &Item) -> Result<Commit, ReadError> {
    let parsed = read_text(item, STREAM).and_then(|text| StreamId::parse(text).map_err(|error| error.to_string()));
    let stream = match parsed {
        Ok(stream) => stream,
        Err(reason) => {
            // Only for the message: the item does not say where it stands.
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
    let mut said = said(item)?;
    let events = said.events();
    let count = read_number(item, COUNT)?;
    if events.is_empty() || events.len() as u64 != count || version == 0 {
        return Err(format!("{count} events were written, {} are there", events.len()));
    }
    let id = Uuid::parse_str(read_text(item, ID)?).map_err(|error| format!("{ID}: {error}"))?;
    Ok(Commit {
        stream: stream.clone(),
        version,
        id: CommitId::new(id),
        events,
        sends: said.sends(),
        timers: said.timers(),
        snapshot: match said.carried() {
            Some(carried) => Some(carried),
            None => carried(item)?,
        },
        snapshot_before: read_number(item, CARRIED_BEFORE)?,
        command: MessageId::new(read_text(item, COMMAND)?).map_err(|error| format!("{COMMAND}: {error}"))?,
        metadata: read_json(METADATA, read_text(item, METADATA)?)?,
        at: read_text(item, AT)?.parse::<Timestamp>().map_err(|error| format!("{AT}: {error}"))?,
    })
}

fn said(item: &Item) -> Result<Said, String> {
    match item.get(PACKED) {
        Some(AttributeValue::B(packed)) => Said::read_together(&inflate(packed.as_ref())?),
        Some(AttributeValue::S(text)) => Said::read_together(text),
        Some(_) => Err(format!("{PACKED} is neither packed nor text")),
        None => Said::read(read_text(item, EVENTS)?, optional(item, SENDS)?, optional(item, TIMERS)?),
    }
}

fn carried(item: &Item) -> Result<Option<EmbeddedSnapshot>, String> {
    match item.get(STATE) {
        None => Ok(None),
        Some(AttributeValue::B(packed)) => Ok(Some(read_json(STATE, &inflate(packed.as_ref())?)?)),
        Some(_) => Ok(Some(EmbeddedSnapshot {
            shape: read_text(item, SHAPE)?.to_owned(),
            state: read_json(STATE, read_text(item, STATE)?)?,
            recent: read_json(RECENT, read_text(item, RECENT)?)?,
        })),
    }
}

fn optional<'a>(item: &'a Item, name: &str) -> Result<Option<&'a str>, String> {
    item.get(name).map(|_| read_text(item, name)).transpose()
}

#[cfg(test)]
mod tests;
