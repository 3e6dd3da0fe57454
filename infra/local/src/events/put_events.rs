//! `PutEvents`, and the routing of accepted events to the rules of their bus; also `TestEventPattern`.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    activity::{ActivityEvent, UnmatchedRules},
    arn::bus_name,
    aws_error::AwsError,
    delivery::planned_faults::PlannedFaults,
    faults::{Kind, Part},
    interfaces::{NewEvent, PutOnBus, TargetError},
    pattern::{Event, Pattern},
    rng,
    wal::WalError,
};

use super::{
    EventBridge,
    archive::ArchivedEvent,
    bus::Bus,
    delivery::{PendingDelivery, target_error},
    entry::{Entry, EntryError, compact_detail},
    envelope::AcceptedEvent,
    request,
    rule::{Rule, invalid_pattern},
    state::{Change, State},
};

/// The maximum number of entries of a request.
const MAX_ENTRIES: usize = 10;

/// The limit of the size of a request, in bytes.
const SIZE_LIMIT: usize = 1_048_576;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TestEventPattern {
    event_pattern: Option<String>,
    event: Option<String>,
}

/// An accepted event with its deliveries and archive copies, not committed yet.
pub(super) struct RoutedEvent {
    /// The change that stores the deliveries; none if there are no deliveries.
    pub(super) change: Option<Change>,
    pub(super) activity: ActivityEvent,
    /// The copies for archives, each with the name of the archive.
    archived: Vec<(String, ArchivedEvent)>,
}

impl EventBridge {
    pub(super) fn put_events(&self, body: Value) -> Result<Value, AwsError> {
        let request: PutEvents = request::read(body)?;
        let entries = request::required("entries", request.entries)?;
        check_request(&entries)?;
        let mut state = self.durable.state();
        let (mut results, mut routed) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in &entries {
            match self.put_entry(&mut state, entry) {
                Ok((id, event)) => {
                    results.push(json!({ "EventId": id }));
                    routed.push(event);
                }
                Err(error) => results.push(json!({ "ErrorCode": error.code, "ErrorMessage": error.message })),
            }
        }
        let failed = results.len() - routed.len();
        self.commit_routed(&mut state, routed).map_err(request::wal_failed)?;
        Ok(json!({ "FailedEntryCount": failed, "Entries": results }))
    }

    fn put_entry(&self, state: &mut State, entry: &Entry) -> Result<(String, RoutedEvent), EntryError> {
        let now = self.ctx.clock.now();
        let (event, time) = entry.validate(now)?;
        let subject = format!("PutEvents {}", event.detail_type);
        if let Some(fault) = self.ctx.faults.strike(Kind::Partial, Part::Events, &subject) {
            return Err(EntryError::transient(fault.unit_f64(0) < 0.5));
        }
        let id = self.new_event_id(state);
        let accepted = AcceptedEvent::new(id.clone(), &event, time, &self.ctx.account_region, now);
        let accepted = accepted.ok_or_else(EntryError::malformed_detail)?;
        let given = entry.event_bus_name.as_deref().unwrap_or("default");
        // A bus of another account or region is treated like a missing one.
        let is_local = !given.starts_with("arn:") || self.ctx.account_region.bus(bus_name(given)) == given;
        let bus = if is_local { bus_name(given) } else { given };
        Ok((id, self.route(state, bus, accepted)?))
    }

    /// Returns a new event id.
    pub(super) fn new_event_id(&self, state: &mut State) -> String {
        let number = state.outbox.new_number();
        let now = u64::try_from(self.ctx.clock.now().as_nanosecond()).unwrap_or_default();
        rng::uuid(self.ctx.seed, &[self.durable.initial_length(), now, number])
    }

    /// Routes an event to the matching rules and archives of a bus. A missing bus has no rules.
    fn route(&self, state: &mut State, bus: &str, event: AcceptedEvent) -> Result<RoutedEvent, EntryError> {
        let parsed = Event::parse(&event.envelope).map_err(|_| EntryError::malformed_detail())?;
        let rules = state.buses.get_mut(bus).map(|bus| bus.matching(&parsed)).unwrap_or_default();
        let archived = state.archive_copies(bus, &parsed, &event, self.ctx.clock.now());
        let is_unmatched = rules.is_empty();
        let mut routed = RoutedEvent { archived, ..self.route_to_rules(state, bus, event, rules) };
        if let (true, ActivityEvent::EventPut { unmatched, .. }) =
            (is_unmatched && self.ctx.activity.is_observed(), &mut routed.activity)
        {
            *unmatched = UnmatchedRules(state.buses.get_mut(bus).map(Bus::enabled_patterns).unwrap_or_default());
        }
        Ok(routed)
    }

    /// Creates the deliveries of an event to all targets of these rules.
    pub(super) fn route_to_rules(
        &self,
        state: &mut State,
        bus: &str,
        event: AcceptedEvent,
        rules: Vec<Rule>,
    ) -> RoutedEvent {
        let activity = ActivityEvent::EventPut {
            bus: bus.to_owned(),
            event_id: event.id.clone(),
            event: event.envelope.as_str().into(),
            rules: rules.iter().map(|rule| rule.name.clone()).collect(),
            unmatched: UnmatchedRules::default(),
        };
        let mut deliveries = Vec::new();
        for rule in rules {
            let rule_arn = self.ctx.account_region.rule(bus, &rule.name);
            for target in rule.targets.into_values() {
                let policy = target.retry_policy.unwrap_or_default();
                let faults = PlannedFaults::draw(&self.ctx.faults, Part::Events, &rule_arn, &target.arn, policy);
                for progress in faults.initial_progress(event.accepted_at, || state.outbox.new_number()) {
                    deliveries.push(PendingDelivery { rule_arn: rule_arn.clone(), target: target.clone(), progress });
                }
            }
        }
        let change = (!deliveries.is_empty()).then_some(Change::EventAccepted { event, deliveries });
        RoutedEvent { change, activity, archived: Vec::new() }
    }

    fn commit_routed(&self, state: &mut State, routed: Vec<RoutedEvent>) -> Result<(), WalError> {
        let (mut changes, mut activity, mut archived) = (Vec::new(), Vec::new(), Vec::new());
        for event in routed {
            changes.extend(event.change);
            activity.push(event.activity);
            archived.extend(event.archived);
        }
        // Archives first: an archive may contain events that were not acknowledged, but none that was acknowledged is missing.
        self.archive_events(state, &archived)?;
        self.durable.commit(state, changes)?;
        // While the state is locked, so that observers see an event before its deliveries.
        activity.into_iter().for_each(|activity| self.record_put(activity));
        Ok(())
    }

    /// Counts an accepted event and reports it to observers.
    pub(super) fn record_put(&self, activity: ActivityEvent) {
        if let ActivityEvent::EventPut { rules, .. } = &activity {
            let matched = u64::try_from(rules.len()).unwrap_or_default();
            self.update_counts(|counts| {
                counts.put += 1;
                counts.matched += matched;
            });
        }
        self.ctx.activity.record(activity);
    }

    /// Puts an event on an existing bus.
    pub(super) fn put_on_bus(&self, bus_arn: &str, event: AcceptedEvent) -> Result<(), TargetError> {
        let mut state = self.durable.state();
        let bus = bus_name(bus_arn);
        if self.ctx.account_region.bus(bus) != bus_arn || !state.buses.contains_key(bus) {
            return Err(target_error("NO_RESOURCE", &format!("Event bus {bus_arn} does not exist."), false));
        }
        let invalid = |error: EntryError| target_error(error.code, &error.message, false);
        let routed = self.route(&mut state, bus, event).map_err(invalid)?;
        let failed = |error: WalError| target_error("INTERNAL_ERROR", &error.to_string(), true);
        self.commit_routed(&mut state, vec![routed]).map_err(failed)
    }
}

#[async_trait]
impl PutOnBus for EventBridge {
    async fn put(&self, bus_arn: &str, event: NewEvent) -> Result<(), TargetError> {
        let malformed = || target_error("MalformedDetail", "Detail is malformed.", false);
        let now = self.ctx.clock.now();
        let id = self.new_event_id(&mut self.durable.state());
        let detail = compact_detail(&event.detail).ok_or_else(malformed)?;
        let event = NewEvent { detail, ..event };
        let accepted = AcceptedEvent::new(id, &event, now, &self.ctx.account_region, now).ok_or_else(malformed)?;
        self.put_on_bus(bus_arn, accepted)
    }
}

// Checks the request as a whole.
fn check_request(entries: &[Entry]) -> Result<(), AwsError> {
    if entries.is_empty() || entries.len() > MAX_ENTRIES {
        let bound = if entries.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10" };
        return Err(request::invalid(format!(
            "1 validation error detected: Value '{} entries' at 'entries' failed to satisfy constraint: Member must \
             have length {bound}",
            entries.len()
        )));
    }
    if entries.iter().map(Entry::size).sum::<usize>() >= SIZE_LIMIT {
        return Err(request::invalid("Total size of the entries in the request is over the limit."));
    }
    if entries.iter().all(|entry| entry.missing_field().is_some()) {
        return Err(request::invalid("Every entry of the request lacks Source, DetailType or Detail."));
    }
    Ok(())
}

/// Matches the pattern and the event of the request; it needs no state.
pub(super) fn test_event_pattern(body: Value) -> Result<Value, AwsError> {
    let request: TestEventPattern = request::read(body)?;
    let pattern = request::required("eventPattern", request.event_pattern)?;
    let event = request::required("event", request.event)?;
    let pattern = Pattern::parse(&pattern).map_err(|error| invalid_pattern(&error))?;
    let invalid = |reason: String| request::invalid(format!("Parameter Event is not valid. Reason: {reason}"));
    let parsed = Event::parse(&event).map_err(|error| invalid(error.to_string()))?;
    let fields: Value = serde_json::from_str(&event).unwrap_or_default();
    let required = ["id", "account", "source", "time", "region", "resources", "detail-type"];
    if let Some(name) = required.into_iter().find(|name| fields.get(name).is_none()) {
        return Err(invalid(format!("the field {name} is missing.")));
    }
    Ok(json!({ "Result": pattern.matches(&parsed) }))
}
