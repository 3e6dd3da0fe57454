//! The envelope that EventBridge adds around the detail of an event, and its copies in archives and replays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{arn::AccountRegion, interfaces::NewEvent};

/// An event that was accepted on a bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcceptedEvent {
    pub(super) id: String,
    /// The whole event as JSON.
    #[serde(rename = "text")]
    pub(super) envelope: String,
    #[serde(rename = "at")]
    pub(super) accepted_at: Timestamp,
    /// Whether it came from another bus. A forwarded event is not forwarded again.
    pub(super) forwarded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope<'e> {
    version: &'e str,
    id: &'e str,
    detail_type: &'e str,
    source: &'e str,
    account: &'e str,
    time: &'e str,
    region: &'e str,
    resources: &'e [String],
    detail: &'e RawValue,
}

impl AcceptedEvent {
    /// Puts the event into its envelope. The detail must be compact JSON; returns none if it is not JSON.
    pub(super) fn new(
        id: String,
        event: &NewEvent,
        time: Timestamp,
        account_region: &AccountRegion,
        accepted_at: Timestamp,
    ) -> Option<Self> {
        let envelope = serde_json::to_string(&Envelope {
            version: "0",
            id: &id,
            detail_type: &event.detail_type,
            source: &event.source,
            account: &account_region.account,
            time: &format_time(time),
            region: &account_region.region,
            resources: &event.resources,
            detail: serde_json::from_str(&event.detail).ok()?,
        });
        Some(Self { id, envelope: envelope.ok()?, accepted_at, forwarded: false })
    }
}

/// An event as it is stored in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArchivedEvent {
    pub(super) time: Timestamp,
    pub(super) id: String,
    /// The whole event as JSON.
    #[serde(rename = "text")]
    pub(super) envelope: String,
}

impl ArchivedEvent {
    // Adds the name of the replay as the last field of the event.
    pub(super) fn into_replayed(self, replay: &str, accepted_at: Timestamp) -> AcceptedEvent {
        let mut envelope = self.envelope;
        if envelope.ends_with('}') {
            envelope.pop();
            envelope.push_str(&format!(r#","replay-name":"{replay}"}}"#));
        }
        AcceptedEvent { id: self.id, envelope, accepted_at, forwarded: false }
    }
}

/// Formats a time as AWS does: whole seconds in UTC.
pub(crate) fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
