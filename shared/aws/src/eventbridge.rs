//! The bus on EventBridge: entries are packed into `PutEvents` calls by count and size, and each has its own outcome.
//! A call that succeeds may still have rejected some of its entries, so the response is read entry by entry.

use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_eventbridge::{
    Client,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use aws_smithy_types::DateTime;
use causeway::delivery::bus::{Bus, Entry, PublishOutcome};
use jiff::Timestamp;

use crate::sdk_error::{CallError, sdk_error};

/// The most entries of one call.
pub const MAX_ENTRIES: usize = 10;

/// The default limit for the bytes of one call. EventBridge accepts more in many regions, but not in all.
pub const DEFAULT_CALL_BYTES: usize = 256 * 1024;

/// The bytes that EventBridge counts for the time of an entry.
const TIME_BYTES: usize = 14;

/// Error codes of entries that are transient; all others are permanent.
const TRANSIENT_CODES: [&str; 3] = ["ThrottlingException", "InternalFailure", "InternalException"];

/// The bus on EventBridge.
#[derive(Clone, Debug)]
pub struct EventBridgeBus {
    client: Client,
    bus_name: String,
    call_bytes: usize,
}

/// One entry of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEntry {
    /// The event source, such as `causeway.order`.
    pub source: String,
    /// The message's name, such as `OrderPlaced`.
    pub detail_type: String,
    /// The stream: `<context>/<id>`.
    pub resources: Vec<String>,
    /// When the message was created.
    pub time: Timestamp,
    /// The envelope as JSON.
    pub detail: String,
}

impl BusEntry {
    /// The size of the entry, as EventBridge counts it.
    pub fn bytes(&self) -> usize {
        let resources: usize = self.resources.iter().map(String::len).sum();
        TIME_BYTES + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }

    fn of(entry: &Entry) -> Result<Self, serde_json::Error> {
        let envelope = &entry.envelope;
        Ok(Self {
            source: entry.source.clone(),
            detail_type: envelope.event_type.clone(),
            resources: vec![format!("{}/{}", envelope.aggregate_type, envelope.aggregate_id)],
            time: entry.time(),
            detail: serde_json::to_string(envelope)?,
        })
    }
}

impl EventBridgeBus {
    /// The bus of this name.
    pub fn new(client: Client, bus_name: impl Into<String>) -> Self {
        Self { client, bus_name: bus_name.into(), call_bytes: DEFAULT_CALL_BYTES }
    }

    /// The same bus with another limit for the bytes of one call.
    #[must_use]
    pub fn with_call_bytes(mut self, call_bytes: usize) -> Self {
        self.call_bytes = call_bytes;
        self
    }

    /// Another bus with the same client.
    #[must_use]
    pub fn on(&self, bus_name: &str) -> Self {
        Self { bus_name: bus_name.to_owned(), ..self.clone() }
    }

    /// Publishes the entries in as many calls as necessary; returns one outcome per entry, in their order.
    pub async fn put(&self, entries: &[BusEntry]) -> Vec<PublishOutcome> {
        let mut outcomes = Vec::with_capacity(entries.len());
        for range in calls(entries, self.call_bytes) {
            match entries.get(range).unwrap_or_default() {
                [entry] if entry.bytes() > self.call_bytes => {
                    let reason = format!("the entry has {} bytes; a call may have {}", entry.bytes(), self.call_bytes);
                    outcomes.push(permanent("TOO_LARGE", &reason));
                }
                entries => outcomes.extend(self.put_together(entries).await),
            }
        }
        outcomes
    }

    async fn put_together(&self, entries: &[BusEntry]) -> Vec<PublishOutcome> {
        match self.call(entries).await {
            // One invalid entry can make a whole call fail: then each entry is published alone.
            Err(CallError::Permanent { code, .. }) if entries.len() > 1 && !code.starts_with("AccessDenied") => {
                let mut outcomes = Vec::with_capacity(entries.len());
                for entry in entries {
                    outcomes.extend(outcomes_of(1, self.call(std::slice::from_ref(entry)).await));
                }
                outcomes
            }
            result => outcomes_of(entries.len(), result),
        }
    }

    async fn call(&self, entries: &[BusEntry]) -> Result<Vec<PutEventsResultEntry>, CallError> {
        let request = |entry: &BusEntry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus_name)
                .source(&entry.source)
                .detail_type(&entry.detail_type)
                .set_resources(Some(entry.resources.clone()))
                .time(DateTime::from_millis(entry.time.as_millisecond()))
                .detail(&entry.detail)
                .build()
        };
        let requests = entries.iter().map(request).collect();
        let response = self.client.put_events().set_entries(Some(requests)).send().await.map_err(sdk_error)?;
        Ok(response.entries.unwrap_or_default())
    }
}

#[async_trait]
impl Bus for EventBridgeBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let bus_entries: Result<Vec<BusEntry>, serde_json::Error> = entries.iter().map(BusEntry::of).collect();
        match bus_entries {
            Ok(entries) => self.put(&entries).await,
            Err(error) => entries.iter().map(|_| permanent("UNWRITABLE", &error.to_string())).collect(),
        }
    }
}

/// Divides the entries into calls. An entry that is too large for any call gets one of its own.
fn calls(entries: &[BusEntry], call_bytes: usize) -> Vec<Range<usize>> {
    let mut calls: Vec<Range<usize>> = Vec::new();
    let mut filled = 0;
    for (index, entry) in entries.iter().enumerate() {
        let bytes = entry.bytes();
        match calls.last_mut() {
            Some(call) if call.len() < MAX_ENTRIES && filled + bytes <= call_bytes => {
                call.end = index + 1;
                filled += bytes;
            }
            _ => {
                calls.push(index..index + 1);
                filled = bytes;
            }
        }
    }
    calls
}

/// The outcomes of one call with this many entries. EventBridge answers in the order of the request; if a result is
/// missing, the outcome of its entry is unknown.
fn outcomes_of(count: usize, result: Result<Vec<PutEventsResultEntry>, CallError>) -> Vec<PublishOutcome> {
    match result {
        Ok(results) => (0..count).map(|index| results.get(index).map_or_else(unknown, outcome)).collect(),
        Err(CallError::Permanent { code, reason }) => (0..count).map(|_| permanent(&code, &reason)).collect(),
        Err(CallError::Transient(error)) => {
            let reason = causeway::failure::causes(error.as_ref());
            (0..count).map(|_| PublishOutcome::Transient(reason.clone().into())).collect()
        }
    }
}

fn outcome(result: &PutEventsResultEntry) -> PublishOutcome {
    let reason = result.error_message().unwrap_or_default();
    match result.error_code() {
        None if result.event_id().is_some() => PublishOutcome::Accepted,
        None => unknown(),
        Some(code) if TRANSIENT_CODES.contains(&code) => PublishOutcome::Transient(format!("{code}: {reason}").into()),
        Some(code) => permanent(code, reason),
    }
}

fn unknown() -> PublishOutcome {
    PublishOutcome::Transient("the bus returned no result for the entry".into())
}

fn permanent(code: &str, reason: &str) -> PublishOutcome {
    PublishOutcome::Permanent { code: code.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
