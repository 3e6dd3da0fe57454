//! Taking an event: which rules want it, and what is owed to whom from now on.

use async_trait::async_trait;

use crate::{
    chance,
    delivery::planned_faults::PlannedFaults,
    faults::Part,
    feed::{News, Passed},
    pattern::Event,
    ports::{NewEvent, NotTaken, PutOnBus},
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
    pub(super) news: News,
    /// What which archive keeps of it.
    pub(super) archived: Vec<(String, Archived)>,
}

impl Events {
    /// A new id, never given before.
    pub(super) fn new_id(&self, state: &mut State) -> String {
        let number = state.outbox.new_number();
        let now = u64::try_from(self.around.clock.now().as_nanosecond()).unwrap_or_default();
        chance::uuid(self.around.seed, &[self.ledger.began_with(), now, number])
    }

    /// What follows from this event on this bus. An unknown bus has no rules.
    pub(super) fn consequence(&self, state: &mut State, bus: &str, event: Accepted) -> Result<Consequence, Refused> {
        let parsed = Event::parse(&event.text).map_err(|_| Refused::malformed())?;
        let matching = state.buses.get_mut(bus).map(|bus| bus.matching(&parsed)).unwrap_or_default();
        let names = matching.iter().map(|rule| rule.name.clone()).collect();
        let wanted: Vec<(String, Vec<Target>)> = matching
            .into_iter()
            .map(|rule| (self.around.place.rule(bus, &rule.name), rule.targets.values().cloned().collect()))
            .collect();
        let is_unwanted = wanted.is_empty();
        let archived = state.archived(bus, &parsed, &event, self.around.clock.now());
        let mut consequence = self.owe(state, bus, event, names, wanted);
        consequence.archived = archived;
        if let (true, News::Put { passed, .. }) = (is_unwanted && self.around.feed.is_watched(), &mut consequence.news)
        {
            *passed = Passed(state.buses.get_mut(bus).map(Bus::listed).unwrap_or_default());
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
                let faults = PlannedFaults::draw(&self.around.faults, Part::Events, &rule_arn, &target.arn, policy);
                for progress in faults.initial_progress(event.at, || state.outbox.new_number()) {
                    to.push(Owed { rule_arn: rule_arn.clone(), target: target.clone(), progress });
                }
            }
        }
        let text = event.text.as_str().into();
        let news = News::Put {
            bus: bus.to_owned(),
            event_id: event.id.clone(),
            event: text,
            rules,
            passed: Passed::default(),
        };
        let change = (!to.is_empty()).then_some(Change::Owed { event, to });
        Consequence { change, news, archived: Vec::new() }
    }

    /// Tells the watchers of an event that is remembered by now.
    pub(super) fn announce(&self, news: News) {
        if let News::Put { rules, .. } = &news {
            let matched = u64::try_from(rules.len()).unwrap_or_default();
            self.count_all(|counts| {
                counts.put += 1;
                counts.matched += matched;
            });
        }
        self.around.feed.tell(news);
    }

    /// Puts one event on a bus that must exist.
    pub(super) fn take(&self, bus_arn: &str, accepted: Accepted) -> Result<(), NotTaken> {
        let mut state = self.ledger.state();
        let bus = bus_name(bus_arn);
        if self.around.place.bus(bus) != bus_arn || !state.buses.contains_key(bus) {
            return Err(not_taken("NO_RESOURCE", &format!("Event bus {bus_arn} does not exist."), false));
        }
        let consequence = self
            .consequence(&mut state, bus, accepted)
            .map_err(|refused| not_taken(refused.code, &refused.message, false))?;
        // Archived first: what nobody was told of may be archived, but nothing acknowledged is missing.
        self.keep(&state, &consequence.archived)
            .map_err(|error| not_taken("INTERNAL_ERROR", &error.to_string(), true))?;
        let changes = consequence.change.into_iter().collect();
        self.ledger
            .commit(&mut state, changes)
            .map_err(|error| not_taken("INTERNAL_ERROR", &error.to_string(), true))?;
        // Before anybody can deliver it, so that the news come in the order of things.
        self.announce(consequence.news);
        drop(state);
        Ok(())
    }
}

#[async_trait]
impl PutOnBus for Events {
    async fn put(&self, bus_arn: &str, event: NewEvent) -> Result<(), NotTaken> {
        let malformed = || not_taken("MalformedDetail", "Detail is malformed.", false);
        let at = self.around.clock.now();
        let id = self.new_id(&mut self.ledger.state());
        let detail = detail::compact(&event.detail).ok_or_else(malformed)?;
        let NewEvent { source, detail_type, resources, .. } = event;
        let said = Said { source, detail_type, detail, resources, time: at };
        let accepted = said.accept(id, &self.around.place, at).ok_or_else(malformed)?;
        self.take(bus_arn, accepted)
    }
}

/// Not taken over, with the code of a dead letter.
pub(super) fn not_taken(code: &str, message: &str, passing: bool) -> NotTaken {
    NotTaken { code: code.to_owned(), message: message.to_owned(), passing }
}
