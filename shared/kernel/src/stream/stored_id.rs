//! [`StoredId`]: the id of an event in a state. One that is a UUID is held as its 16 bytes, without a place of its own in
//! memory; as JSON it is the same text.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Uuid, fmt::Hyphenated};

use crate::message::MessageId;

/// The id of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoredId {
    Uuid(Uuid),
    Other(Box<MessageId>),
}

impl StoredId {
    fn text<'a>(&'a self, buffer: &'a mut [u8; Hyphenated::LENGTH]) -> &'a str {
        match self {
            Self::Uuid(uuid) => uuid.hyphenated().encode_lower(buffer),
            Self::Other(id) => id.as_str(),
        }
    }
}

/// The order of the texts.
impl Ord for StoredId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Uuid(uuid), Self::Uuid(other)) => uuid.cmp(other),
            _ => self.text(&mut [0; Hyphenated::LENGTH]).cmp(other.text(&mut [0; Hyphenated::LENGTH])),
        }
    }
}

impl PartialOrd for StoredId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<&MessageId> for StoredId {
    fn from(id: &MessageId) -> Self {
        let uuid = Uuid::try_parse(id.as_str()).map(Self::Uuid).ok();
        // Other spellings of a UUID are other ids.
        let same = uuid.filter(|uuid| uuid.text(&mut [0; Hyphenated::LENGTH]) == id.as_str());
        same.unwrap_or_else(|| Self::Other(Box::new(id.clone())))
    }
}

impl From<&StoredId> for MessageId {
    fn from(id: &StoredId) -> Self {
        match id {
            StoredId::Uuid(uuid) => Self::from(*uuid),
            StoredId::Other(id) => (**id).clone(),
        }
    }
}

impl Serialize for StoredId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text(&mut [0; Hyphenated::LENGTH]))
    }
}

impl<'de> Deserialize<'de> for StoredId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        MessageId::deserialize(deserializer).map(|id| Self::from(&id))
    }
}
