//! Archives: which events of a bus are kept, and for how long. What they keep stands in files of its own.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

use crate::{
    pattern::{Event, Pattern},
    wal::WalError,
};

use super::{Events, Place, envelope::Accepted, shelf::Size, state::State};

/// What is remembered of an archive itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArchiveFacts {
    pub(super) name: String,
    /// The bus whose events it keeps.
    pub(super) bus: String,
    pub(super) description: Option<String>,
    /// Without one it keeps all.
    pub(super) pattern: Option<String>,
    /// 0 is forever.
    pub(super) retention_days: u32,
    pub(super) created: Timestamp,
}

/// An archive.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(super) facts: ArchiveFacts,
    pattern: Option<Pattern>,
}

/// An event as an archive keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Archived {
    /// The time that stands in the event.
    pub(super) time: Timestamp,
    pub(super) id: String,
    /// The whole envelope.
    pub(super) text: String,
}

/// What an archive asks of an envelope.
#[derive(Deserialize)]
struct Head {
    time: Timestamp,
    #[serde(rename = "replay-name")]
    replay: Option<IgnoredAny>,
}

impl Archive {
    pub(super) fn new(facts: ArchiveFacts) -> Self {
        // It was checked when it was put.
        let pattern = facts.pattern.as_deref().and_then(|text| Pattern::parse(text).ok());
        Self { facts, pattern }
    }

    /// Events that say an earlier time than this are kept no longer.
    pub(super) fn keeps_since(&self, now: Timestamp) -> Timestamp {
        match self.facts.retention_days {
            0 => Timestamp::MIN,
            days => now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN),
        }
    }

    /// The archive as lists show it.
    pub(super) fn listed(&self, place: &Place, size: Size) -> Value {
        json!({
            "ArchiveName": self.facts.name,
            "EventSourceArn": place.bus(&self.facts.bus),
            "State": "ENABLED",
            "RetentionDays": self.facts.retention_days,
            "SizeBytes": size.bytes,
            "EventCount": size.events,
            "CreationTime": self.facts.created.as_second(),
        })
    }

    /// The archive as the API describes it.
    pub(super) fn describe(&self, place: &Place, size: Size) -> Value {
        let mut described = self.listed(place, size);
        described["ArchiveArn"] = place.archive(&self.facts.name).into();
        for (name, text) in [("Description", &self.facts.description), ("EventPattern", &self.facts.pattern)] {
            if let Some(text) = text {
                described[name] = text.as_str().into();
            }
        }
        described
    }
}

impl State {
    /// What which archive keeps of this event. What was replayed is not archived again.
    pub(super) fn archived(
        &self,
        bus: &str,
        event: &Event,
        accepted: &Accepted,
        now: Timestamp,
    ) -> Vec<(String, Archived)> {
        let of_bus = self.archives.values().filter(|archive| archive.facts.bus == bus);
        let wanting = of_bus.filter(|archive| archive.pattern.as_ref().is_none_or(|pattern| pattern.matches(event)));
        let mut wanting = wanting.peekable();
        let head = wanting.peek().and_then(|_| serde_json::from_str::<Head>(&accepted.text).ok());
        let Some(Head { time, replay: None }) = head else { return Vec::new() };
        let young = wanting.filter(|archive| time >= archive.keeps_since(now));
        let archived = Archived { time, id: accepted.id.clone(), text: accepted.text.clone() };
        young.map(|archive| (archive.facts.name.clone(), archived.clone())).collect()
    }
}

impl Events {
    /// Puts these into their archives, from which by the way goes what is too old.
    pub(super) fn keep(&self, state: &State, archived: &[(String, Archived)]) -> Result<(), WalError> {
        let now = self.ctx.clock.now();
        for (name, _) in archived {
            if let Some(archive) = state.archives.get(name) {
                self.shelf.forget_before(name, archive.keeps_since(now))?;
            }
        }
        self.shelf.keep(archived)
    }
}
