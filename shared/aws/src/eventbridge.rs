//! The bus on EventBridge: entries packed by count and size, each with its own outcome.
//! A call that succeeds may still have refused some of its entries, so the answer is read entry by entry.

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

/// The most entries one call takes.
pub const MOST_ENTRIES: usize = 10;

/// The most bytes one call holds, unless configured otherwise. The service takes more in many regions, but not in all.
pub const DEFAULT_CALL_BYTES: usize = 256 * 1024;

/// What the time of an entry counts for.
const TIME_BYTES: usize = 14;

/// The codes of an entry that may be taken when it is said again; all others are final.
const TRANSIENT_CODES: [&str; 3] = ["ThrottlingException", "InternalFailure", "InternalException"];

/// The bus on EventBridge.
#[derive(Clone, Debug)]
pub struct EventBridgeBus {
    client: Client,
    bus_name: String,
    call_bytes: usize,
}

/// One message as the service takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusEntry {
    /// Who says it.
    pub source: String,
    /// The message's name.
    pub detail_type: String,
    /// What it is about: `<context>/<id>`.
    pub resources: Vec<String>,
    /// When it happened.
    pub time: Timestamp,
    /// The envelope as JSON.
    pub detail: String,
}

impl BusEntry {
    /// What the entry counts for in a call, as the service counts.
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

    /// Another bus behind the same client.
    #[must_use]
    pub fn on(&self, bus_name: &str) -> Self {
        Self { bus_name: bus_name.to_owned(), ..self.clone() }
    }

    /// Puts the entries on the bus, in as many calls as it takes; one outcome per entry, in their order.
    pub async fn put(&self, entries: &[BusEntry]) -> Vec<PublishOutcome> {
        let mut said = Vec::with_capacity(entries.len());
        for pack in packs(entries, self.call_bytes) {
            match entries.get(pack).unwrap_or_default() {
                [entry] if entry.bytes() > self.call_bytes => said.push(too_large(entry.bytes(), self.call_bytes)),
                pack => said.extend(self.put_pack(pack).await),
            }
        }
        said
    }

    async fn put_pack(&self, pack: &[BusEntry]) -> Vec<PublishOutcome> {
        match self.call(pack).await {
            Ok(results) => aligned(pack.len(), &results),
            // One bad entry can refuse a whole call: each is said alone, so that the others are not lost with it.
            Err(CallError::Permanent { code, .. }) if pack.len() > 1 && !code.starts_with("AccessDenied") => {
                let mut said = Vec::with_capacity(pack.len());
                for entry in pack {
                    match self.call(std::slice::from_ref(entry)).await {
                        Ok(results) => said.extend(aligned(1, &results)),
                        Err(error) => said.extend(for_all(1, error)),
                    }
                }
                said
            }
            Err(error) => for_all(pack.len(), error),
        }
    }

    async fn call(&self, pack: &[BusEntry]) -> Result<Vec<PutEventsResultEntry>, CallError> {
        let requests = pack.iter().map(|entry| self.request(entry)).collect();
        let answer = self.client.put_events().set_entries(Some(requests)).send().await.map_err(sdk_error)?;
        Ok(answer.entries.unwrap_or_default())
    }

    fn request(&self, entry: &BusEntry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus_name)
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .set_resources(Some(entry.resources.clone()))
            .time(DateTime::from_millis(entry.time.as_millisecond()))
            .detail(&entry.detail)
            .build()
    }
}

#[async_trait]
impl Bus for EventBridgeBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let written: Result<Vec<BusEntry>, serde_json::Error> = entries.iter().map(BusEntry::of).collect();
        match written {
            Ok(entries) => self.put(&entries).await,
            Err(error) => {
                let unwritable =
                    || PublishOutcome::Permanent { code: "UNWRITABLE".to_owned(), reason: error.to_string() };
                entries.iter().map(|_| unwritable()).collect()
            }
        }
    }
}

/// Cuts the entries into calls. An entry that is too large alone is a pack of its own.
fn packs(entries: &[BusEntry], call_bytes: usize) -> Vec<Range<usize>> {
    let mut packs: Vec<Range<usize>> = Vec::new();
    let mut filled = 0;
    for (index, entry) in entries.iter().enumerate() {
        let bytes = entry.bytes();
        match packs.last_mut() {
            Some(pack) if pack.len() < MOST_ENTRIES && filled + bytes <= call_bytes => {
                pack.end = index + 1;
                filled += bytes;
            }
            _ => {
                packs.push(index..index + 1);
                filled = bytes;
            }
        }
    }
    packs
}

/// The outcomes of one call. The service answers in the order of the request; where an answer is missing, nobody knows.
fn aligned(asked: usize, results: &[PutEventsResultEntry]) -> Vec<PublishOutcome> {
    (0..asked).map(|index| results.get(index).map_or_else(unanswered, outcome)).collect()
}

fn outcome(result: &PutEventsResultEntry) -> PublishOutcome {
    let reason = result.error_message().unwrap_or_default();
    match result.error_code() {
        None if result.event_id().is_some() => PublishOutcome::Accepted,
        None => unanswered(),
        Some(code) if TRANSIENT_CODES.contains(&code) => PublishOutcome::Transient(format!("{code}: {reason}").into()),
        Some(code) => PublishOutcome::Permanent { code: code.to_owned(), reason: reason.to_owned() },
    }
}

fn unanswered() -> PublishOutcome {
    PublishOutcome::Transient("the bus gave no answer for the entry".into())
}

fn for_all(count: usize, error: CallError) -> Vec<PublishOutcome> {
    match error {
        CallError::Transient(error) => {
            let reason = causeway::failure::causes(error.as_ref());
            (0..count).map(|_| PublishOutcome::Transient(reason.clone().into())).collect()
        }
        CallError::Permanent { code, reason } => {
            (0..count).map(|_| PublishOutcome::Permanent { code: code.clone(), reason: reason.clone() }).collect()
        }
    }
}

fn too_large(bytes: usize, limit: usize) -> PublishOutcome {
    PublishOutcome::Permanent {
        code: "TOO_LARGE".to_owned(),
        reason: format!("the entry has {bytes} bytes; a call takes {limit}"),
    }
}

#[cfg(test)]
mod tests;
