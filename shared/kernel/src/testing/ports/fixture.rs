//! Fixtures of the suites: commits, bodies and texts with unusual characters.

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    Encoded, MessageId, StreamId,
    failure::causes,
    log::{Commit, EmbeddedSnapshot, RecentCommand, Send, TimerChange},
    memory::{MemoryClock, MemoryIds},
    message::{CommitId, Envelope, Metadata},
    testing::diff::fail,
    time::{Clock, Ids},
};

/// Text with the characters that break stores.
pub(crate) const AWKWARD: &str = "Grüße 🦀 \"quoted\" \\ / \u{0} \u{7f} \u{2028} \u{fffd} e\u{301} שלום\nline\ttab";

/// The value of a call that must not fail.
#[track_caller]
pub(crate) fn must<T, E: Error>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(&format!("{what}: {}", causes(&error))),
    }
}

/// A stream of the suite.
pub(crate) fn stream(prefix: &str, name: &str) -> StreamId {
    StreamId::new("suite", &message_id(prefix, name))
}

/// An id of the suite.
pub(crate) fn message_id(prefix: &str, name: &str) -> MessageId {
    must(MessageId::new(format!("{prefix}-{name}")), "the prefix and the name make an id")
}

/// A time with nanoseconds: 2026-01-01T12:00:00.123456789Z.
pub(crate) fn noon() -> Timestamp {
    let beginning = MemoryClock::default().now();
    must(beginning.checked_add(SignedDuration::new(43_200, 123_456_789)), "noon is a time")
}

/// A body as raw JSON.
pub(crate) fn raw(body: &Value) -> Box<RawValue> {
    must(to_raw_value(body), "a JSON value is JSON")
}

/// A message with this body.
pub(crate) fn message(name: &str, body: &Value) -> Encoded {
    Encoded { name: name.to_owned(), version: 1, data: raw(body) }
}

/// A body of this size that cannot be compressed.
pub(crate) fn bulky(bytes: usize, seed: u64) -> Value {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let ids = MemoryIds::seeded(seed);
    let letters = |bits: u64| bits.to_be_bytes().map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    let text: String = std::iter::repeat_with(|| ids.bits()).flat_map(letters).take(bytes).collect();
    json!({ "text": text })
}

/// A small commit of one event.
pub(crate) fn commit(stream: &StreamId, version: u64, command: &str) -> Commit {
    commit_of(stream, version, command, vec![message("Noted", &json!({ "at": version }))])
}

/// A commit of these events.
pub(crate) fn commit_of(stream: &StreamId, version: u64, command: &str, events: Vec<Encoded>) -> Commit {
    let command = must(MessageId::new(command), "a command's id");
    let seed = version.wrapping_mul(31).wrapping_add(stream.id().len() as u64);
    Commit {
        stream: stream.clone(),
        version,
        id: CommitId::new(MemoryIds::seeded(seed).uuid(noon())),
        events,
        sends: Vec::new(),
        timers: Vec::new(),
        snapshot: None,
        snapshot_before: 0,
        metadata: metadata(&command),
        command,
        at: noon(),
    }
}

/// Metadata with every field filled.
pub(crate) fn metadata(cause: &MessageId) -> Metadata {
    Metadata {
        correlation_id: cause.derived("correlation"),
        causation_id: cause.clone(),
        user_id: Some(AWKWARD.replace('\u{0}', "")),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        hops: 3,
    }
}

/// A commit with every field filled.
pub(crate) fn full_commit(stream: &StreamId, version: u64, command: &str) -> Commit {
    let numbers = json!({ "most": u64::MAX, "least": i64::MIN, "half": 0.5, "nothing": null, "empty": {}, "list": [] });
    let events = vec![
        message("Noted", &json!({ "text": AWKWARD, "ключ": ["🦀", { "deep": [[[]]] }] })),
        Encoded { version: 7, ..message("Counted", &numbers) },
        message("Emptied", &json!({})),
    ];
    let snapshot = EmbeddedSnapshot {
        shape: "shape-1".to_owned(),
        state: raw(&json!({ "text": AWKWARD })),
        recent: vec![RecentCommand("digest-1".to_owned(), 1), RecentCommand("digest-2".to_owned(), version)],
    };
    let due = must(noon().checked_add(SignedDuration::from_hours(1)), "a due time");
    let to = StreamId::new("other", &message_id("to", "1"));
    Commit {
        sends: vec![
            Send { to: to.clone(), message: message("DoThis", &json!({ "text": AWKWARD })) },
            Send { to, message: Encoded { version: 2, ..message("DoThat", &json!(null)) } },
        ],
        timers: vec![
            TimerChange::Set { name: "deadline".to_owned(), due, message: message("TooLate", &json!({ "of": 1 })) },
            TimerChange::Cancel { name: "reminder".to_owned() },
        ],
        snapshot: Some(snapshot),
        snapshot_before: version.saturating_sub(1),
        ..commit_of(stream, version, command, events)
    }
}

/// The envelope of a message to this stream.
pub(crate) fn envelope(stream: &StreamId, name: &str, body: &Value) -> Envelope {
    let id = message_id(stream.id(), name);
    Envelope {
        event_id: id.clone(),
        event_type: name.to_owned(),
        event_version: 1,
        aggregate_type: stream.context().to_owned(),
        aggregate_id: stream.id().to_owned(),
        version: Some(1),
        timestamp: noon(),
        data: raw(body),
        metadata: metadata(&id),
    }
}
