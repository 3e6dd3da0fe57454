//! Archives: which events of a bus they keep and for how long, and the API calls about them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

use crate::{
    arn::AccountRegion,
    aws_error::AwsError,
    pattern::{Event, Pattern},
    wal::WalError,
};

use super::{
    EventBridge,
    archive_store::ArchiveSize,
    bus::existing_bus,
    envelope::AcceptedEvent,
    replay::{Replay, ReplayStatus},
    request::{self, ListRequest},
    rule::{check_description, checked_pattern, is_name_character},
    state::{Change, State},
};

/// The maximum length of the name of an archive.
const MAX_NAME_LENGTH: usize = 48;

/// The stored settings of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArchiveSettings {
    pub(super) name: String,
    /// The name of the bus whose events it keeps.
    pub(super) bus: String,
    pub(super) description: Option<String>,
    /// The pattern of the events to keep; without one it keeps all.
    pub(super) pattern: Option<String>,
    /// The retention in days; 0 keeps events forever.
    pub(super) retention_days: u32,
    pub(super) created: Timestamp,
}

/// An archive.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(super) settings: ArchiveSettings,
    pattern: Option<Pattern>,
}

/// An event as it is stored in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArchivedEvent {
    /// The time of the event.
    pub(super) time: Timestamp,
    pub(super) id: String,
    /// The whole event as JSON.
    #[serde(rename = "text")]
    pub(super) envelope: String,
}

/// The fields of an event that decide whether it is archived.
#[derive(Deserialize)]
struct EventHead {
    time: Timestamp,
    #[serde(rename = "replay-name")]
    replay_name: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArchiveRequest {
    archive_name: Option<String>,
    event_source_arn: Option<String>,
    description: Option<String>,
    event_pattern: Option<String>,
    retention_days: Option<u32>,
}

impl Archive {
    pub(super) fn new(settings: ArchiveSettings) -> Self {
        // It was validated by CreateArchive or UpdateArchive.
        let pattern = settings.pattern.as_deref().and_then(|text| Pattern::parse(text).ok());
        Self { settings, pattern }
    }

    /// Returns the time before which events are expired.
    pub(super) fn retention_start(&self, now: Timestamp) -> Timestamp {
        match self.settings.retention_days {
            0 => Timestamp::MIN,
            days => now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN),
        }
    }

    /// Returns the entry of the archive in a list.
    fn summary(&self, account_region: &AccountRegion, size: ArchiveSize) -> Value {
        json!({
            "ArchiveName": self.settings.name,
            "EventSourceArn": account_region.bus(&self.settings.bus),
            "State": "ENABLED",
            "RetentionDays": self.settings.retention_days,
            "SizeBytes": size.bytes,
            "EventCount": size.events,
            "CreationTime": self.settings.created.as_second(),
        })
    }

    /// Returns the description of the archive for the API.
    fn describe(&self, account_region: &AccountRegion, size: ArchiveSize) -> Value {
        let mut described = self.summary(account_region, size);
        described["ArchiveArn"] = account_region.archive(&self.settings.name).into();
        let (description, pattern) = (self.settings.description.as_deref(), self.settings.pattern.as_deref());
        request::set_present(&mut described, [("Description", description), ("EventPattern", pattern)]);
        described
    }
}

impl State {
    /// Returns the copies of an event for all matching archives. Replayed events are not archived again.
    pub(super) fn archive_copies(
        &self,
        bus: &str,
        event: &Event,
        accepted: &AcceptedEvent,
        now: Timestamp,
    ) -> Vec<(String, ArchivedEvent)> {
        let of_bus = self.archives.values().filter(|archive| archive.settings.bus == bus);
        let matching = of_bus.filter(|archive| archive.pattern.as_ref().is_none_or(|pattern| pattern.matches(event)));
        let mut matching = matching.peekable();
        let head = matching.peek().and_then(|_| serde_json::from_str::<EventHead>(&accepted.envelope).ok());
        let Some(EventHead { time, replay_name: None }) = head else { return Vec::new() };
        let retained = matching.filter(|archive| time >= archive.retention_start(now));
        let archived = ArchivedEvent { time, id: accepted.id.clone(), envelope: accepted.envelope.clone() };
        retained.map(|archive| (archive.settings.name.clone(), archived.clone())).collect()
    }
}

impl EventBridge {
    /// Adds events to their archives, and deletes the expired events of these archives.
    pub(super) fn archive_events(&self, state: &State, archived: &[(String, ArchivedEvent)]) -> Result<(), WalError> {
        let now = self.ctx.clock.now();
        for (name, _) in archived {
            if let Some(archive) = state.archives.get(name) {
                self.archive_store.delete_before(name, archive.retention_start(now))?;
            }
        }
        self.archive_store.append(archived)
    }

    pub(super) fn create_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let source = request::required("eventSourceArn", request.event_source_arn)?;
        if name.is_empty() || name.len() > MAX_NAME_LENGTH || !name.chars().all(is_name_character) {
            return Err(request::invalid(format!("Parameter ArchiveName is not valid: {name}")));
        }
        check_description(request.description.as_deref())?;
        let pattern = checked_pattern(request.event_pattern)?;
        let mut state = self.durable.state();
        if state.archives.contains_key(&name) {
            return Err(request::already_exists(format!("Archive {name} already exists.")));
        }
        let bus = existing_bus(&state, Some(&source))?;
        if self.ctx.account_region.bus(&bus) != source {
            return Err(request::invalid(
                "Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.",
            ));
        }
        // Removes what an interrupted deletion left behind.
        self.archive_store.delete(&name).map_err(request::wal_failed)?;
        let created = self.ctx.clock.now();
        let retention_days = request.retention_days.unwrap_or_default();
        let description = request.description;
        self.store_archive(&mut state, ArchiveSettings { name, bus, description, pattern, retention_days, created })
    }

    pub(super) fn describe_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let state = self.durable.state();
        let archive = existing_archive(&state, &name)?;
        let size = self.size(archive).map_err(request::wal_failed)?;
        Ok(archive.describe(&self.ctx.account_region, size))
    }

    pub(super) fn list_archives(&self, body: Value) -> Result<Value, AwsError> {
        let request: ListRequest = request::read(body)?;
        let prefix = request.name_prefix.unwrap_or_default();
        let source = request.event_source_arn;
        let state = self.durable.state();
        let mut listed = Vec::new();
        for (name, archive) in &state.archives {
            let is_of_bus =
                source.as_ref().is_none_or(|source| self.ctx.account_region.bus(&archive.settings.bus) == *source);
            let is_in_state = request.state.as_deref().is_none_or(|state| state == "ENABLED");
            if name.starts_with(&prefix) && is_of_bus && is_in_state {
                let size = self.size(archive).map_err(request::wal_failed)?;
                listed.push((name.clone(), archive.summary(&self.ctx.account_region, size)));
            }
        }
        request::list_response("Archives", listed.into_iter(), request.next_token.as_deref(), request.limit)
    }

    /// Fields that are not given keep their value.
    pub(super) fn update_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        check_description(request.description.as_deref())?;
        let pattern = checked_pattern(request.event_pattern)?;
        let mut state = self.durable.state();
        let old = existing_archive(&state, &name)?.settings.clone();
        let settings = ArchiveSettings {
            description: request.description.or(old.description),
            pattern: pattern.or(old.pattern),
            retention_days: request.retention_days.unwrap_or(old.retention_days),
            ..old
        };
        self.store_archive(&mut state, settings)
    }

    fn store_archive(&self, state: &mut State, settings: ArchiveSettings) -> Result<Value, AwsError> {
        let response = json!({
            "ArchiveArn": self.ctx.account_region.archive(&settings.name),
            "State": "ENABLED",
            "CreationTime": settings.created.as_second(),
        });
        self.commit(state, vec![Change::Archive(Box::new(settings))])?;
        Ok(response)
    }

    pub(super) fn delete_archive(&self, body: Value) -> Result<Value, AwsError> {
        let request: ArchiveRequest = request::read(body)?;
        let name = request::required("archiveName", request.archive_name)?;
        let mut state = self.durable.state();
        existing_archive(&state, &name)?;
        let ended = Some(self.ctx.clock.now());
        let replays = state.active_replays().filter(|replay| replay.archive == name);
        let failed = replays.map(|replay| {
            let reason = Some(format!("Archive {name} does not exist."));
            Change::Replay(Box::new(Replay { status: ReplayStatus::Failed, reason, ended, ..replay.clone() }))
        });
        let changes = failed.chain([Change::ArchiveDeleted { archive: name.clone() }]).collect();
        self.commit(&mut state, changes)?;
        // If this fails, the next start or the next archive with this name deletes the files.
        self.archive_store.delete(&name).map_err(request::wal_failed)?;
        Ok(json!({}))
    }

    // Expired events do not count, to the granularity of a day.
    fn size(&self, archive: &Archive) -> Result<ArchiveSize, WalError> {
        let name = &archive.settings.name;
        self.archive_store.delete_before(name, archive.retention_start(self.ctx.clock.now()))?;
        self.archive_store.size(name)
    }
}

/// Returns an existing archive.
pub(super) fn existing_archive<'s>(state: &'s State, name: &str) -> Result<&'s Archive, AwsError> {
    state.archives.get(name).ok_or_else(|| request::not_found(format!("Archive {name} does not exist.")))
}

/// Returns the name in the ARN of an archive.
pub(super) fn archive_name(arn: &str) -> &str {
    arn.rsplit_once(":archive/").map_or(arn, |(_, name)| name)
}
