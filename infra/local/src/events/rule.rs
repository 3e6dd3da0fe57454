//! Buses and their rules, as they are remembered.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pattern::{Event, Pattern, RuleIndex};

use super::{Place, target::Target};

/// The longest name of a rule.
const LONGEST_NAME: usize = 64;

/// A rule with its targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(super) bus: String,
    pub(super) name: String,
    pub(super) pattern: Option<String>,
    pub(super) schedule: Option<String>,
    pub(super) enabled: bool,
    pub(super) description: Option<String>,
    pub(super) role: Option<String>,
    /// When its schedule fires next.
    pub(super) next: Option<Timestamp>,
    pub(super) targets: BTreeMap<String, Target>,
}

/// What is remembered of a bus itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BusFacts {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created: Timestamp,
}

/// A bus with its rules.
#[derive(Debug)]
pub(super) struct Bus {
    pub(super) facts: BusFacts,
    pub(super) rules: BTreeMap<String, Rule>,
    /// The patterns of the enabled rules, compiled when the next event comes after a change.
    compiled: Option<RuleIndex>,
    /// The same one by one, for those who ask why an event is not wanted.
    listed: Option<Arc<[(String, Pattern)]>>,
}

impl Bus {
    pub(super) fn new(facts: BusFacts) -> Self {
        Self { facts, rules: BTreeMap::new(), compiled: None, listed: None }
    }

    pub(super) fn put(&mut self, rule: Rule) {
        // A schedule that fires changes no pattern.
        let same = |old: &Rule| old.pattern == rule.pattern && old.enabled == rule.enabled;
        if !self.rules.get(&rule.name).is_some_and(same) {
            self.forget_patterns();
        }
        self.rules.insert(rule.name.clone(), rule);
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.rules.remove(name);
        self.forget_patterns();
    }

    fn forget_patterns(&mut self) {
        self.compiled = None;
        self.listed = None;
    }

    /// The enabled rules that want this event.
    pub(super) fn matching(&mut self, event: &Event) -> Vec<&Rule> {
        let compiled = match self.compiled.take() {
            Some(compiled) => compiled,
            None => compile(&self.rules),
        };
        let names = self.compiled.insert(compiled).matching(event);
        names.into_iter().filter_map(|name| self.rules.get(name)).collect()
    }

    /// The enabled rules with their patterns, as they are now.
    pub(super) fn listed(&mut self) -> Arc<[(String, Pattern)]> {
        let rules = &self.rules;
        Arc::clone(self.listed.get_or_insert_with(|| patterns(rules).collect()))
    }

    /// The bus as the API describes it.
    pub(super) fn describe(&self, place: &Place) -> Value {
        let mut described = json!({
            "Name": self.facts.name,
            "Arn": place.bus(&self.facts.name),
            "CreationTime": self.facts.created.as_second(),
            "LastModifiedTime": self.facts.created.as_second(),
        });
        if let (Some(fields), Some(description)) = (described.as_object_mut(), &self.facts.description) {
            fields.insert("Description".to_owned(), description.as_str().into());
        }
        described
    }
}

fn compile(rules: &BTreeMap<String, Rule>) -> RuleIndex {
    RuleIndex::new(patterns(rules))
}

fn patterns(rules: &BTreeMap<String, Rule>) -> impl Iterator<Item = (String, Pattern)> {
    let enabled = rules.values().filter(|rule| rule.enabled);
    // Patterns were checked when they were put.
    enabled.filter_map(|rule| Some((rule.name.clone(), Pattern::parse(rule.pattern.as_deref()?).ok()?)))
}

impl Rule {
    /// The rule as the API describes it.
    pub(super) fn describe(&self, place: &Place) -> Value {
        let mut described = json!({
            "Name": self.name,
            "Arn": place.rule(&self.bus, &self.name),
            "State": if self.enabled { "ENABLED" } else { "DISABLED" },
            "EventBusName": self.bus,
        });
        let texts = [
            ("EventPattern", &self.pattern),
            ("ScheduleExpression", &self.schedule),
            ("Description", &self.description),
            ("RoleArn", &self.role),
        ];
        if let Some(fields) = described.as_object_mut() {
            let said = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_deref()?.into())));
            fields.extend(said);
        }
        described
    }
}

/// Whether the service takes this name for a rule.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(may_be_in_a_name)
}

/// Letters, digits, `.`, `-` and `_`.
pub(super) fn may_be_in_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-_".contains(character)
}
