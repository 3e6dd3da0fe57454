//! Builds the entry that publishes a dead letter again: the same message under the same ids, so handlers see a
//! duplicate and not a new message. A letter that must not be published again is refused with the reason.

use std::collections::BTreeMap;

use causeway::{Delivery, delivery::verify::FORGED, message::json};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Content, DeadLetter, Origin};
use crate::eventbridge::BusEntry;

/// Why a dead letter cannot be redriven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRedrivable {
    /// It holds no readable message.
    #[error("{why}")]
    Unreadable {
        /// What is wrong with the content.
        why: String,
    },
    /// Its detail is not valid JSON for an envelope; redrive it with a corrected detail.
    #[error("its detail needs correction: {reason}")]
    Malformed {
        /// What is wrong with the detail.
        reason: String,
    },
    /// It came from a replay. Published as a new message, it would repeat effects outside the system.
    #[error("it comes from the replay {replay}: replay again instead")]
    Replayed {
        /// The name of the replay.
        replay: String,
    },
    /// It failed verification. Published by us, it would pass.
    #[error("it was forged: the log does not hold this event")]
    Forged,
    /// Its source is reserved for AWS services.
    #[error("only AWS can publish with the source {source_name}; wait for its next event")]
    ReservedSource {
        /// The event source.
        source_name: String,
    },
}

impl DeadLetter {
    /// The entry that publishes the message again, with a corrected detail if one is given.
    pub fn entry(&self, corrected: Option<&RawValue>) -> Result<BusEntry, NotRedrivable> {
        let delivery = match &self.content {
            Content::Message(delivery) => delivery,
            Content::Unreadable { why, .. } => return Err(NotRedrivable::Unreadable { why: why.clone() }),
        };
        if self.reason == FORGED {
            return Err(NotRedrivable::Forged);
        }
        if let Some(replay) = &delivery.replay_name {
            return Err(NotRedrivable::Replayed { replay: replay.clone() });
        }
        if delivery.source.starts_with("aws.") {
            return Err(NotRedrivable::ReservedSource { source_name: delivery.source.clone() });
        }
        let detail = with_id(corrected.unwrap_or(&delivery.detail), delivery)?;
        let ids = serde_json::from_str::<MessageIds>(&detail).unwrap_or_default();
        Ok(BusEntry {
            source: delivery.source.clone(),
            detail_type: delivery.detail_type.clone(),
            resources: ids.resource().into_iter().collect(),
            time: delivery.time,
            detail,
        })
    }

    /// The name of the bus that the message came from, if the letter names it.
    pub fn bus_name(&self) -> Option<&str> {
        let Origin::Rule { rule_arn, .. } = &self.origin else { return None };
        let (_, rule) = rule_arn.split_once(":rule/")?;
        // The ARN of a rule on the default bus holds no bus name.
        Some(rule.split_once('/').map_or("default", |(bus, _)| bus))
    }
}

/// The detail with a message id. A command without one has the EventBridge event id, which a new entry would lose.
fn with_id(detail: &RawValue, delivery: &Delivery) -> Result<String, NotRedrivable> {
    let malformed = |reason: String| NotRedrivable::Malformed { reason };
    json::check(detail.get()).map_err(|error| malformed(error.reason))?;
    let mut fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(detail.get()).map_err(|error| malformed(error.to_string()))?;
    if fields.get("eventId").is_some_and(|id| id.get() != "null") {
        return Ok(detail.get().to_owned());
    }
    let known = serde_json::from_str::<MessageIds>(delivery.detail.get()).unwrap_or_default().event_id;
    let id =
        to_raw_value(&known.unwrap_or_else(|| delivery.id.clone())).map_err(|error| malformed(error.to_string()))?;
    fields.insert("eventId".to_owned(), &id);
    serde_json::to_string(&fields).map_err(|error| malformed(error.to_string()))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MessageIds {
    event_id: Option<String>,
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
}

impl MessageIds {
    fn resource(self) -> Option<String> {
        Some(format!("{}/{}", self.aggregate_type?, self.aggregate_id?))
    }
}
