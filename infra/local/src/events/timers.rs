//! Rules that fire by themselves: each firing is an event of its own, for this rule's targets only.

use jiff::Timestamp;

use crate::schedule::Schedule;

use super::{
    Events,
    envelope::Said,
    rule::Rule,
    state::{Change, State},
};
use crate::feed::News;

impl Events {
    /// Fires all rules whose time has come. What was missed while nobody ran fires once.
    pub(super) fn fire_due_rules(&self) {
        let now = self.around.clock.now();
        let mut state = self.ledger.state();
        let mut news = Vec::new();
        while let Some(rule) = state.firing(now) {
            news.extend(self.fire(&mut state, rule, now));
        }
        drop(state);
        news.into_iter().for_each(|news| self.announce(news));
    }

    fn fire(&self, state: &mut State, mut rule: Rule, now: Timestamp) -> Option<News> {
        let moment = rule.next.take().unwrap_or(now);
        rule.next = rule.schedule.as_deref().and_then(|text| following(text, moment, now));
        let arn = self.around.place.rule(&rule.bus, &rule.name);
        let (source, detail_type) = ("aws.events".to_owned(), "Scheduled Event".to_owned());
        let said = Said { source, detail_type, detail: "{}".to_owned(), resources: vec![arn.clone()], time: moment };
        let consequence = said.accept(self.new_id(state), &self.around.place, now).map(|event| {
            let wanted = vec![(arn, rule.targets.values().cloned().collect())];
            self.owe(state, &rule.bus, event, vec![rule.name.clone()], wanted)
        });
        let (change, news) = consequence.map_or((None, None), |what| (what.change, Some(what.news)));
        self.ledger.commit_or_go_on(state, [Change::Rule(Box::new(rule))].into_iter().chain(change).collect());
        news
    }
}

// The firing after this one that is not over yet. A rate counts on from its last firing.
fn following(text: &str, fired: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Schedule::for_rule(text, fired).ok()?.next_after(fired.max(now))
}
