//! Rules that fire by themselves: each firing is an event of its own, for this rule's targets only.

use jiff::Timestamp;

use crate::schedule::Schedule;

use super::{
    Events,
    envelope::Said,
    rule::Rule,
    state::{Change, State},
};
use crate::activity::ActivityEvent;

impl Events {
    /// Fires all rules whose time has come. What was missed while nobody ran fires once.
    pub(super) fn fire_due_rules(&self) {
        let now = self.ctx.clock.now();
        let mut state = self.durable.state();
        let mut activity = Vec::new();
        while let Some(rule) = state.firing(now) {
            activity.extend(self.fire(&mut state, rule, now));
        }
        drop(state);
        activity.into_iter().for_each(|activity| self.announce(activity));
    }

    fn fire(&self, state: &mut State, mut rule: Rule, now: Timestamp) -> Option<ActivityEvent> {
        let moment = rule.next.take().unwrap_or(now);
        rule.next = rule.schedule.as_deref().and_then(|text| following(text, moment, now));
        let arn = self.ctx.place.rule(&rule.bus, &rule.name);
        let (source, detail_type) = ("aws.events".to_owned(), "Scheduled Event".to_owned());
        let said = Said { source, detail_type, detail: "{}".to_owned(), resources: vec![arn.clone()], time: moment };
        let consequence = said.accept(self.new_id(state), &self.ctx.place, now).map(|event| {
            let wanted = vec![(arn, rule.targets.values().cloned().collect())];
            self.owe(state, &rule.bus, event, vec![rule.name.clone()], wanted)
        });
        let (change, activity) = consequence.map_or((None, None), |what| (what.change, Some(what.activity)));
        self.durable.commit_best_effort(state, [Change::Rule(Box::new(rule))].into_iter().chain(change).collect());
        activity
    }
}

// The firing after this one that is not over yet. A rate counts on from its last firing.
fn following(text: &str, fired: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Schedule::for_rule(text, fired).ok()?.next_after(fired.max(now))
}
