//! The event as it arrives: what was put, inside the envelope that the service adds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Place;

/// An event that a bus took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accepted {
    /// Its id, as in the envelope.
    pub(super) id: String,
    /// The whole envelope.
    pub(super) text: String,
    /// When it was taken.
    pub(super) at: Timestamp,
    /// Whether it came from another bus; then no third bus gets it.
    pub(super) forwarded: bool,
}

/// What the caller says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) source: String,
    pub(super) detail_type: String,
    /// A JSON object without blanks.
    pub(super) detail: String,
    pub(super) resources: Vec<String>,
    pub(super) time: Timestamp,
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

impl Said {
    /// The event in its envelope, or nothing if the detail is not JSON.
    pub(super) fn accept(&self, id: String, place: &Place, at: Timestamp) -> Option<Accepted> {
        let text = serde_json::to_string(&Envelope {
            version: "0",
            id: &id,
            detail_type: &self.detail_type,
            source: &self.source,
            account: &place.account,
            time: &seconds(self.time),
            region: &place.region,
            resources: &self.resources,
            detail: serde_json::from_str(&self.detail).ok()?,
        });
        Some(Accepted { id, text: text.ok()?, at, forwarded: false })
    }
}

/// The time as the services write it: whole seconds in UTC.
pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
