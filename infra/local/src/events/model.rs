//! The resources of EventBridge as they are stored and as the API describes them: buses with their rules, archives and
//! replays.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    arn::AccountRegion,
    pattern::{Event, Pattern, RuleIndex},
};

use super::{
    archive_store::{ArchiveSize, Day},
    request::set_present,
    target::Targets,
};

/// The stored settings of a bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BusSettings {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
    /// The statements of the resource policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) statements: Vec<Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
}

impl BusSettings {
    pub(super) fn new(name: String, created: Timestamp) -> Self {
        Self { name, description: None, created, statements: Vec::new(), tags: BTreeMap::new() }
    }
}

/// An event bus.
#[derive(Debug)]
pub(super) struct Bus {
    pub(super) settings: BusSettings,
    pub(super) rules: BTreeMap<String, Rule>,
    /// The patterns of the enabled rules, compiled for the first event after a change.
    index: Option<RuleIndex>,
    /// The same patterns as a list, for observers that report why no rule matches.
    enabled_patterns: Option<Arc<[(String, Pattern)]>>,
}

impl Bus {
    pub(super) fn new(settings: BusSettings) -> Self {
        Self { settings, rules: BTreeMap::new(), index: None, enabled_patterns: None }
    }

    pub(super) fn put_rule(&mut self, rule: Rule) {
        // The firing of a schedule changes no pattern.
        let same = |old: &Rule| old.pattern == rule.pattern && old.enabled == rule.enabled;
        if !self.rules.get(&rule.name).is_some_and(same) {
            self.clear_patterns();
        }
        self.rules.insert(rule.name.clone(), rule);
    }

    pub(super) fn remove_rule(&mut self, name: &str) {
        self.rules.remove(name);
        self.clear_patterns();
    }

    fn clear_patterns(&mut self) {
        self.index = None;
        self.enabled_patterns = None;
    }

    pub(super) fn matching(&mut self, event: &Event) -> Vec<Rule> {
        let rules = &self.rules;
        let index = self.index.get_or_insert_with(|| RuleIndex::new(enabled_patterns(rules)));
        index.matching(event).into_iter().filter_map(|name| rules.get(name).cloned()).collect()
    }

    pub(super) fn enabled_patterns(&mut self) -> Arc<[(String, Pattern)]> {
        let rules = &self.rules;
        Arc::clone(self.enabled_patterns.get_or_insert_with(|| enabled_patterns(rules).collect()))
    }

    pub(super) fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = json!({
            "Name": self.settings.name,
            "Arn": account_region.bus(&self.settings.name),
            "CreationTime": self.settings.created.as_second(),
            "LastModifiedTime": self.settings.created.as_second(),
        });
        let statements = Some(&self.settings.statements).filter(|statements| !statements.is_empty());
        let policy =
            statements.map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }).to_string());
        let optional = [("Description", self.settings.description.as_deref()), ("Policy", policy.as_deref())];
        set_present(&mut described, optional);
        described
    }
}

fn enabled_patterns(rules: &BTreeMap<String, Rule>) -> impl Iterator<Item = (String, Pattern)> {
    let enabled = rules.values().filter(|rule| rule.enabled);
    // Patterns were validated by PutRule.
    enabled.filter_map(|rule| Some((rule.name.clone(), Pattern::parse(rule.pattern.as_deref()?).ok()?)))
}

/// A rule with its targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(super) bus: String,
    pub(super) name: String,
    pub(super) pattern: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) enabled: bool,
    pub(super) description: Option<String>,
    #[serde(rename = "role")]
    pub(super) role_arn: Option<String>,
    /// The time at which its schedule fires next.
    #[serde(rename = "next")]
    pub(super) next_firing: Option<Timestamp>,
    pub(super) targets: Targets,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: BTreeMap<String, String>,
}

impl Rule {
    pub(super) fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = json!({
            "Name": self.name,
            "Arn": account_region.rule(&self.bus, &self.name),
            "State": if self.enabled { "ENABLED" } else { "DISABLED" },
            "EventBusName": self.bus,
        });
        let optional = [
            ("EventPattern", self.pattern.as_deref()),
            ("ScheduleExpression", self.schedule.as_deref()),
            ("Description", self.description.as_deref()),
            ("RoleArn", self.role_arn.as_deref()),
        ];
        set_present(&mut described, optional);
        described
    }
}

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
    pub(super) pattern: Option<Pattern>,
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

    pub(super) fn summary(&self, account_region: &AccountRegion, size: ArchiveSize) -> Value {
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

    pub(super) fn describe(&self, account_region: &AccountRegion, size: ArchiveSize) -> Value {
        let mut described = self.summary(account_region, size);
        described["ArchiveArn"] = account_region.archive(&self.settings.name).into();
        let (description, pattern) = (self.settings.description.as_deref(), self.settings.pattern.as_deref());
        set_present(&mut described, [("Description", description), ("EventPattern", pattern)]);
        described
    }
}

/// A replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replay {
    pub(super) name: String,
    pub(super) archive: String,
    pub(super) bus: String,
    pub(super) description: Option<String>,
    /// The ARNs of the rules that get the events; if empty, all rules.
    pub(super) filter_arns: Vec<String>,
    /// The start of the requested time range.
    pub(super) from: Timestamp,
    /// The end of the requested time range, inclusive.
    pub(super) to: Timestamp,
    /// Events before this time were expired when the replay started.
    #[serde(rename = "kept_since")]
    pub(super) retention_start: Timestamp,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    #[serde(rename = "stage")]
    pub(super) status: ReplayStatus,
    pub(super) reason: Option<String>,
    /// The lengths of the days' files at the start. Events archived later are not replayed.
    #[serde(rename = "extent")]
    pub(super) day_lengths: BTreeMap<Day, u64>,
    #[serde(rename = "reached")]
    pub(super) progress: ReplayProgress,
}

/// The progress of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplayProgress {
    /// The current minute, in minutes since 1970.
    pub(super) minute: i64,
    /// The number of events of this minute that were replayed.
    #[serde(rename = "done")]
    pub(super) replayed: usize,
    /// The latest time of a replayed event.
    #[serde(rename = "last")]
    pub(super) last_time: Option<Timestamp>,
}

/// The state of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ReplayStatus {
    Starting,
    Running,
    Cancelling,
    Completed,
    Cancelled,
    Failed,
}

impl ReplayStatus {
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }
}

impl Replay {
    pub(super) fn summary(&self, account_region: &AccountRegion) -> Value {
        let mut summary = json!({
            "ReplayName": self.name,
            "EventSourceArn": account_region.archive(&self.archive),
            "State": self.status,
            "EventStartTime": self.from.as_second(),
            "EventEndTime": self.to.as_second(),
            "ReplayStartTime": self.started.as_second(),
        });
        let times = [("EventLastReplayedTime", self.progress.last_time), ("ReplayEndTime", self.ended)];
        set_present(&mut summary, times.map(|(name, time)| (name, time.map(Timestamp::as_second))));
        set_present(&mut summary, [("StateReason", self.reason.as_deref())]);
        summary
    }

    pub(super) fn describe(&self, account_region: &AccountRegion) -> Value {
        let mut described = self.summary(account_region);
        described["ReplayArn"] = account_region.replay(&self.name).into();
        described["Destination"] = json!({ "Arn": account_region.bus(&self.bus), "FilterArns": self.filter_arns });
        set_present(&mut described, [("Description", self.description.as_deref())]);
        described
    }
}
