//! Taking an event: which rules want it, and what is owed to whom from now on.

use async_trait::async_trait;

use crate::{
    activity::{ActivityEvent, UnmatchedRules},
    delivery::planned_faults::PlannedFaults,
    faults::Part,
    interfaces::{NewEvent, PutOnBus, TargetError},
    pattern::Event,
    rng,
};

use super::{
    Events,
    archive::Archived,
    bus_name,
    delivery::Owed,
    detail,
    entry::Refused,
    envelope::{Accepted, Said},
    rule::Bus,
    state::{Change, State},
    target::Target,
};

/// What follows from an event: what to remember and what to tell.
pub(super) struct Consequence {
    /// Nothing, if nobody wants the event.
    pub(super) change: Option<Change>,
    pub(super) activity: ActivityEvent,
    /// What which archive keeps of it.
    pub(super) archived: Vec<(String, Archived)>,
}

impl Events {
    /// A new id, never given before.
    pub(super) fn new_id(&self, state: &mut State) -> String {
        let number = state.outbox.new_number();
        let now = u64::try_from(self.ctx.clock.now().as_nanosecond()).unwrap_or_default();
        rng::uuid(self.ctx.seed, &[self.durable.initial_length(), now, number])
    }

    /// What follows from this event on this bus. An unknown bus has no rules.
    pub(super) fn consequence(&self, state: &mut State, bus: &str, event: Accepted) -> Result<Consequence, Refused> {
        let parsed = Event::parse(&event.text).map_err(|_| Refused::malformed())?;
        let matching = state.buses.get_mut(bus).map(|bus| bus.matching(&parsed)).unwrap_or_default();
        let names = matching.iter().map(|rule| rule.name.clone()).collect();
        let wanted: Vec<(String, Vec<Target>)> = matching
            .into_iter()
            .map(|rule| (self.ctx.place.rule(bus, &rule.name), rule.targets.values().cloned().collect()))
            .collect();
        let is_unwanted = wanted.is_empty();
        let archived = state.archived(bus, &parsed, &event, self.ctx.clock.now());
        let mut consequence = self.owe(state, bus, event, names, wanted);
        consequence.archived = archived;
        if let (true, ActivityEvent::EventPut { unmatched, .. }) =
            (is_unwanted && self.ctx.activity.is_observed(), &mut consequence.activity)
        {
            *unmatched = UnmatchedRules(state.buses.get_mut(bus).map(Bus::listed).unwrap_or_default());
        }
        Ok(consequence)
    }

    /// The event goes to all these targets.
    pub(super) fn owe(
        &self,
        state: &mut State,
        bus: &str,
        event: Accepted,
        rules: Vec<String>,
        wanted: Vec<(String, Vec<Target>)>,
    ) -> Consequence {
        let mut to = Vec::new();
        for (rule_arn, targets) in wanted {
            for target in targets {
                let policy = target.retry_policy.unwrap_or_default();
                let faults = PlannedFaults::draw(&self.ctx.faults, Part::Events, &rule_arn, &target.arn, policy);
                for progress in faults.initial_progress(event.at, || state.outbox.new_number()) {
                    to.push(Owed { rule_arn: rule_arn.clone(), target: target.clone(), progress });
                }
            }
        }
        let text = event.text.as_str().into();
        let activity = ActivityEvent::EventPut {
            bus: bus.to_owned(),
            event_id: event.id.clone(),
            event: text,
            rules,
            unmatched: UnmatchedRules::default(),
        };
        let change = (!to.is_empty()).then_some(Change::Owed { event, to });
        Consequence { change, activity, archived: Vec::new() }
    }

    /// Tells the watchers of an event that is remembered by now.
    pub(super) fn announce(&self, activity: ActivityEvent) {
        if let ActivityEvent::EventPut { rules, .. } = &activity {
            let matched = u64::try_from(rules.len()).unwrap_or_default();
            self.count_all(|counts| {
                counts.put += 1;
                counts.matched += matched;
            });
        }
        self.ctx.activity.record(activity);
    }

    /// Puts one event on a bus that must exist.
    pub(super) fn take(&self, bus_arn: &str, accepted: Accepted) -> Result<(), TargetError> {
        let mut state = self.durable.state();
        let bus = bus_name(bus_arn);
        if self.ctx.place.bus(bus) != bus_arn || !state.buses.contains_key(bus) {
            return Err(target_error("NO_RESOURCE", &format!("Event bus {bus_arn} does not exist."), false));
        }
        let consequence = self
            .consequence(&mut state, bus, accepted)
            .map_err(|refused| target_error(refused.code, &refused.message, false))?;
        // Archived first: what nobody was told of may be archived, but nothing acknowledged is missing.
        self.keep(&state, &consequence.archived)
            .map_err(|error| target_error("INTERNAL_ERROR", &error.to_string(), true))?;
        let changes = consequence.change.into_iter().collect();
        self.durable
            .commit(&mut state, changes)
            .map_err(|error| target_error("INTERNAL_ERROR", &error.to_string(), true))?;
        // Before anybody can deliver it, so that the news come in the order of things.
        self.announce(consequence.activity);
        drop(state);
        Ok(())
    }
}

#[async_trait]
impl PutOnBus for Events {
    async fn put(&self, bus_arn: &str, event: NewEvent) -> Result<(), TargetError> {
        let malformed = || target_error("MalformedDetail", "Detail is malformed.", false);
        let at = self.ctx.clock.now();
        let id = self.new_id(&mut self.durable.state());
        let detail = detail::compact(&event.detail).ok_or_else(malformed)?;
        let NewEvent { source, detail_type, resources, .. } = event;
        let said = Said { source, detail_type, detail, resources, time: at };
        let accepted = said.accept(id, &self.ctx.place, at).ok_or_else(malformed)?;
        self.take(bus_arn, accepted)
    }
}

/// Not taken over, with the code of a dead letter.
pub(super) fn target_error(code: &str, message: &str, transient: bool) -> TargetError {
    TargetError { code: code.to_owned(), message: message.to_owned(), transient }
}
