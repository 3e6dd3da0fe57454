//! The scheduler as a sender: schedules fire at their time, and each execution is seen to its end.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{
    chance,
    delivery::{self, fate::Fate, outbox::Outbox, progress::Doom, sender::Sender},
    faults::Part,
    feed::Outcome,
    ledger::Ledger,
    ports::{NewMessage, NotTaken},
    surroundings::Surroundings,
};

use super::{
    Scheduler,
    plan::Plan,
    state::{Change, Execution, State},
};

impl Scheduler {
    /// Fires until it is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        delivery::run(self).await;
    }

    fn begin(&self, state: &mut State, plan: &Plan, planned: Timestamp, now: Timestamp) -> Vec<Execution> {
        let number = state.outbox.new_number();
        let moment = u64::try_from(now.as_nanosecond()).unwrap_or_default();
        let window = plan.latest(planned).duration_since(planned).as_secs_f64();
        let late = SignedDuration::from_secs_f64(window * chance::chance(self.around.seed, &[number]));
        let due = planned.checked_add(late).unwrap_or(Timestamp::MAX).max(now);
        let policy = plan.target.retry_policy.unwrap_or_default();
        // Single times have names of their own, and only together as many firings as faults can count.
        let fate = Fate::next(&self.around.faults, Part::Scheduler, &plan.group, &plan.target.arn, policy);
        let execution = |progress| Execution {
            id: chance::uuid(self.around.seed, &[self.ledger.began_with(), moment, number]),
            plan: plan.key(),
            schedule_arn: plan.arn(&self.around.place),
            planned,
            began: due,
            target: plan.target.clone(),
            progress,
        };
        let mut first = Some(number);
        let begun = fate.begin(due, || first.take().unwrap_or_else(|| state.outbox.new_number()));
        begun.into_iter().map(execution).collect()
    }
}

#[async_trait]
impl Sender for Scheduler {
    type Parcel = Execution;
    type State = State;

    fn around(&self) -> &Surroundings {
        &self.around
    }

    fn ledger(&self) -> &Ledger<State> {
        &self.ledger
    }

    fn outbox(state: &mut State) -> &mut Outbox<Execution> {
        &mut state.outbox
    }

    // What was missed while nobody ran fires once, and then goes on with what is not over yet.
    fn fire(&self) {
        let now = self.around.clock.now();
        let mut state = self.ledger.state();
        while let Some(plan) = state.firing(now) {
            let planned = plan.next.unwrap_or(now);
            let next = plan.following(planned, now);
            let executions = self.begin(&mut state, &plan, planned, now);
            let plan = Plan { next, ..plan };
            let begun = executions.into_iter().map(|execution| Change::Execution(Box::new(execution)));
            let changes = [Change::Plan(Box::new(plan))].into_iter().chain(begun).collect();
            self.ledger.commit_or_go_on(&mut state, changes);
        }
    }

    fn next_firing(state: &State) -> Option<Timestamp> {
        state.next_firing()
    }

    async fn hand_over(&self, execution: &Execution) -> Result<(), NotTaken> {
        self.hand_to_target(execution).await
    }

    fn dead_letter(&self, execution: &Execution, doom: &Doom) -> NewMessage {
        self.letter(execution, doom)
    }

    fn goes_on(execution: Execution) -> Change {
        Change::Execution(Box::new(execution))
    }

    // With its last execution a schedule is complete, and goes if it was made to go then.
    fn ended(state: &State, execution: &Execution) -> Vec<Change> {
        let number = execution.progress.number;
        let mut changes = vec![Change::Done { number }];
        let others = |other: &Execution| other.plan == execution.plan && other.progress.number != number;
        let complete = |plan: &&Plan| plan.delete_after && plan.enabled && plan.next.is_none();
        if state.plans.get(&execution.plan).filter(complete).is_some() && !state.outbox.all().any(others) {
            changes.push(Change::PlanGone { key: execution.plan.clone() });
        }
        changes
    }

    fn count(&self, _outcome: &Outcome) {}
}
