//! `PutEvents`, whose entries are validated one by one so that each can fail alone, and the routing of accepted events to
//! the rules of their bus; also `TestEventPattern`.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    activity::{ActivityEvent, UnmatchedRules},
    arn::bus_name,
    aws_error::AwsError,
    delivery::outbox::planned_progress,
    faults::{Kind, Part},
    interfaces::{NewEvent, PutOnBus, TargetError},
    pattern::{Event, Pattern},
    rng,
    wal::WalError,
};

use super::{
    envelope::{AcceptedEvent, ArchivedEvent},
    model::{Bus, Rule},
    request::{self, Request, Violation, invalid_pattern, required},
    service::EventBridge,
    state::{Change, PendingDelivery, State},
};

const MAX_ENTRIES: usize = 10;
/// The limit of the size of a request, in bytes.
const SIZE_LIMIT: usize = 1_048_576;
/// The maximum length of the detail-type, in characters.
const MAX_DETAIL_TYPE_LENGTH: usize = 128;
/// The bytes that a time counts for in the size of an entry, however it is written.
const TIME_SIZE: usize = 14;
/// The maximum nesting depth of objects and lists in a detail.
const MAX_DETAIL_DEPTH: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutEvents {
    entries: Option<Vec<Entry>>,
}

/// An entry of the request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    resources: Option<Vec<String>>,
    time: Option<Value>,
    pub(super) event_bus_name: Option<String>,
}

/// The error of a failed entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntryError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl EntryError {
    pub(super) fn malformed_detail() -> Self {
        Self { code: "MalformedDetail", message: "Detail is malformed.".to_owned() }
    }

    /// An injected fault: the service is throttling, or it failed.
    pub(super) fn transient(is_throttled: bool) -> Self {
        let (code, message) = match is_throttled {
            true => ("ThrottlingException", "Rate exceeded for the entry."),
            false => ("InternalFailure", "The entry failed. Try again."),
        };
        Self { code, message: message.to_owned() }
    }

    fn invalid_argument(name: &str, reason: &str) -> Self {
        Self { code: "InvalidArgument", message: format!("Parameter {name} is not valid. Reason: {reason}") }
    }
}

impl Entry {
    /// Returns the size that counts towards the limit of the request, in bytes.
    pub(super) fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail];
        let resources = self.resources.iter().flatten().map(String::len).sum::<usize>();
        let time = if self.time.is_some() { TIME_SIZE } else { 0 };
        texts.into_iter().flatten().map(String::len).sum::<usize>() + resources + time
    }

    /// The entry as AWS writes it into the error of a request with too many.
    fn shown(&self) -> String {
        let text = |field: &Option<String>| field.clone().unwrap_or_else(|| "null".to_owned());
        let resources = self.resources.as_ref().map(|resources| format!("[{}]", resources.join(", ")));
        let time = self.time.as_ref().map(Value::to_string);
        format!(
            "PutEventsRequestEntry(time={}, source={}, resources={}, detailType={}, detail={}, eventBusName={}, \
             traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)",
            text(&time),
            text(&self.source),
            text(&resources),
            text(&self.detail_type),
            text(&self.detail),
            text(&self.event_bus_name),
        )
    }

    /// Returns the first required field that is missing or empty, if there is one.
    pub(super) fn missing_field(&self) -> Option<&'static str> {
        let fields = [("Source", &self.source), ("DetailType", &self.detail_type), ("Detail", &self.detail)];
        let empty = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        fields.into_iter().find(|(_, text)| empty(text)).map(|(name, _)| name)
    }

    pub(super) fn validate(&self, now: Timestamp) -> Result<(NewEvent, Timestamp), EntryError> {
        if let Some(name) = self.missing_field() {
            return Err(EntryError::invalid_argument(name, &format!("{name} is a required argument.")));
        }
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (source, detail_type) = (text(&self.source), text(&self.detail_type));
        if source.starts_with("aws.") {
            return Err(EntryError {
                code: "NotAuthorizedForSource",
                message: "Not authorized for the source.".to_owned(),
            });
        }
        if detail_type.chars().count() > MAX_DETAIL_TYPE_LENGTH {
            let reason = format!("DetailType is longer than {MAX_DETAIL_TYPE_LENGTH} characters.");
            return Err(EntryError::invalid_argument("DetailType", &reason));
        }
        let time = match &self.time {
            None | Some(Value::Null) => now,
            Some(time) => {
                parse_time(time).ok_or_else(|| EntryError::invalid_argument("Time", "Time is not a timestamp."))?
            }
        };
        let detail = compact_detail(&text(&self.detail)).ok_or_else(EntryError::malformed_detail)?;
        let resources = self.resources.clone().unwrap_or_default();
        Ok((NewEvent { source, detail_type, detail, resources }, time))
    }
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
    pub(super) fn put_events(&self, request: PutEvents) -> Result<Value, AwsError> {
        let entries = required("entries", request.entries)?;
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
        if let Some(fault) = self.ctx.faults.draw(Kind::Partial, Part::Events, &subject) {
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
            for target in rule.targets {
                let policy = target.retry_policy.unwrap_or_default();
                let (part, accepted_at) = (Part::Events, event.accepted_at);
                let new_number = || state.outbox.new_number();
                let route = (rule_arn.as_str(), target.arn.as_str());
                for progress in planned_progress(&self.ctx.faults, part, route, policy, accepted_at, new_number) {
                    deliveries.push(PendingDelivery { rule_arn: rule_arn.clone(), target: target.clone(), progress });
                }
            }
        }
        let change = (!deliveries.is_empty()).then_some(Change::EventAccepted { event, to: deliveries });
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
        activity.into_iter().for_each(|activity| self.ctx.activity.record(activity));
        Ok(())
    }

    pub(super) fn put_on_bus(&self, bus_arn: &str, event: AcceptedEvent) -> Result<(), TargetError> {
        let mut state = self.durable.state();
        let bus = bus_name(bus_arn);
        if self.ctx.account_region.bus(bus) != bus_arn || !state.buses.contains_key(bus) {
            return Err(TargetError::new("NO_RESOURCE", format!("Event bus {bus_arn} does not exist."), false));
        }
        let invalid = |error: EntryError| TargetError::new(error.code, error.message, false);
        let routed = self.route(&mut state, bus, event).map_err(invalid)?;
        let failed = |error: WalError| TargetError::new("INTERNAL_ERROR", error.to_string(), true);
        self.commit_routed(&mut state, vec![routed]).map_err(failed)
    }
}

#[async_trait]
impl PutOnBus for EventBridge {
    async fn put(&self, bus_arn: &str, event: NewEvent) -> Result<(), TargetError> {
        let malformed = || TargetError::new("MalformedDetail", "Detail is malformed.", false);
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
    let bound = match entries.len() {
        0 => "greater than or equal to 1",
        1..=MAX_ENTRIES => "",
        _ => "less than or equal to 10",
    };
    if !bound.is_empty() {
        let shown: Vec<String> = entries.iter().map(Entry::shown).collect();
        let rule = format!("Member must have length {bound}");
        return Err(request::constraint_errors(&[Violation::new(format!("[{}]", shown.join(", ")), "entries", rule)]));
    }
    if entries.iter().map(Entry::size).sum::<usize>() >= SIZE_LIMIT {
        return Err(request::invalid("Total size of the entries in the request is over the limit."));
    }
    Ok(())
}

/// Matches the pattern and the event of the request; it needs no state.
pub(super) fn test_event_pattern(request: Request) -> Result<Value, AwsError> {
    let pattern = required("eventPattern", request.event_pattern)?;
    let event = required("event", request.event)?;
    let pattern = Pattern::parse(&pattern).map_err(|error| invalid_pattern(&error))?;
    let invalid = || request::invalid("Parameter Event is not valid.");
    let parsed = Event::parse(&event).map_err(|_| invalid())?;
    let fields: Value = serde_json::from_str(&event).unwrap_or_default();
    // The resources are documented as required, too, but the service does not ask for them.
    let required = ["id", "account", "source", "time", "region", "detail-type"];
    if required.into_iter().any(|name| fields.get(name).is_none()) {
        return Err(invalid());
    }
    Ok(json!({ "Result": pattern.matches(&parsed) }))
}

/// Parses a time: seconds as a number, as the SDKs send it, or a text.
pub(super) fn parse_time(time: &Value) -> Option<Timestamp> {
    match time {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            None => SignedDuration::try_from_secs_f64(number.as_f64()?)
                .ok()
                .and_then(|since| Timestamp::from_duration(since).ok()),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Removes the white space of a detail, or returns none if it is not an object that the service accepts. Numbers keep their
/// spelling: they are not parsed and written again.
pub(super) fn compact_detail(detail: &str) -> Option<String> {
    serde_json::from_str::<&RawValue>(detail).ok()?;
    let mut compact = String::with_capacity(detail.len());
    let (mut quoted, mut escaped) = (false, false);
    let (mut depth, mut max_depth) = (0_usize, 0);
    let mut number = String::new();
    for character in detail.chars() {
        if !quoted && matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E') {
            number.push(character);
        } else if !number.is_empty() && !is_accepted_number(&std::mem::take(&mut number)) {
            return None;
        }
        if quoted {
            quoted = character != '"' || escaped;
            escaped = character == '\\' && !escaped;
            compact.push(character);
            continue;
        }
        match character {
            '"' => quoted = true,
            '{' | '[' => {
                depth += 1;
                max_depth = max_depth.max(depth);
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !character.is_ascii_whitespace() {
            compact.push(character);
        }
    }
    (compact.starts_with('{') && max_depth <= MAX_DETAIL_DEPTH).then_some(compact)
}

// Integers must fit into a signed 64-bit number; other numbers keep their spelling. The `e` of `true` and `false` is passed
// as a number, too, and accepted.
fn is_accepted_number(number: &str) -> bool {
    number.contains(['.', 'e', 'E']) || number.parse::<i64>().is_ok()
}
