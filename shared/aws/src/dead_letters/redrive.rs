//! What of a letter goes back on the bus: the same message under the same ids, so that a repeat is the same message.
//! What cannot go back is refused with the reason, and the letter stays where it is.

use std::collections::BTreeMap;

use causeway::{Delivery, delivery::verify::FORGED, message::json};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Content, Letter, Origin};
use crate::eventbridge::BusEntry;

/// Why a letter cannot go back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It holds no message.
    #[error("{why}")]
    Unreadable {
        /// What it holds instead.
        why: String,
    },
    /// Its detail is not JSON as it should be; it needs a corrected one.
    #[error("its detail needs correction: {reason}")]
    Malformed {
        /// Which rule the detail breaks.
        reason: String,
    },
    /// An archive told it again. Put back as new, it would have effects outside the house a second time.
    #[error("it comes from the replay {replay}: replay again instead")]
    Replayed {
        /// The replay.
        replay: String,
    },
    /// Put back, it would have our account and our source, and look true.
    #[error("it was forged; what is true is in the log")]
    Forged,
    /// Only AWS may speak under this source.
    #[error("nobody but AWS may say what {source_name} says; the next one comes by itself")]
    Foreign {
        /// The source.
        source_name: String,
    },
}

impl Letter {
    /// The entry that puts the letter back, with a corrected detail if one is given.
    pub fn entry(&self, corrected: Option<&RawValue>) -> Result<BusEntry, Refused> {
        let delivery = match &self.content {
            Content::Message(delivery) => delivery,
            Content::Unreadable { why, .. } => return Err(Refused::Unreadable { why: why.clone() }),
        };
        if self.reason == FORGED {
            return Err(Refused::Forged);
        }
        if let Some(replay) = &delivery.replay_name {
            return Err(Refused::Replayed { replay: replay.clone() });
        }
        if delivery.source.starts_with("aws.") {
            return Err(Refused::Foreign { source_name: delivery.source.clone() });
        }
        let detail = with_id(corrected.unwrap_or(&delivery.detail), delivery)?;
        let about = serde_json::from_str::<About>(&detail).unwrap_or_default();
        Ok(BusEntry {
            source: delivery.source.clone(),
            detail_type: delivery.detail_type.clone(),
            resources: about.resource().into_iter().collect(),
            time: delivery.time,
            detail,
        })
    }

    /// The bus the letter came from, where it says so.
    pub fn bus_name(&self) -> Option<&str> {
        let Origin::Rule { rule_arn, .. } = &self.origin else { return None };
        let (_, rule) = rule_arn.split_once(":rule/")?;
        // A rule of the default bus names no bus.
        Some(rule.split_once('/').map_or("default", |(bus, _)| bus))
    }
}

/// The detail with an id. A command sent by hand has none: its id is the bus's own, which a new entry would lose.
fn with_id(detail: &RawValue, delivery: &Delivery) -> Result<String, Refused> {
    let malformed = |reason: String| Refused::Malformed { reason };
    json::check(detail.get()).map_err(|error| malformed(error.reason))?;
    let mut fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(detail.get()).map_err(|error| malformed(error.to_string()))?;
    if fields.get("eventId").is_some_and(|id| id.get() != "null") {
        return Ok(detail.get().to_owned());
    }
    let told = serde_json::from_str::<About>(delivery.detail.get()).unwrap_or_default().event_id;
    let id =
        to_raw_value(&told.unwrap_or_else(|| delivery.id.clone())).map_err(|error| malformed(error.to_string()))?;
    fields.insert("eventId".to_owned(), &id);
    serde_json::to_string(&fields).map_err(|error| malformed(error.to_string()))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct About {
    event_id: Option<String>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
}

impl About {
    fn resource(self) -> Option<String> {
        Some(format!("{}/{}", self.aggregate_type?, self.aggregate_id?))
    }
}
