//! The task that fires schedules at their time and sees each execution to its end.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::events::News;
use crate::events::Outcome;
use crate::events::chance;
use crate::events::delivery::Doom;
use crate::events::retry::Next;
use crate::events::retry::pause;

use super::Scheduler;
use super::plan::Plan;
use super::state::Change;
use super::state::Execution;
use super::state::State;

/// Executions under way at the same time.
const AT_ONCE: usize = 64;

/// How often a dead letter is tried while its queue has a passing trouble.
const MOST_BURIALS: u32 = 10;

impl Scheduler {
    /// Fires until it is dropped. One such task runs for each service.
    pub async fn run(self: Arc<Self>) {
        self.state().release_all();
        let mut under_way = JoinSet::new();
        loop {
            let now = self.around.clock.now();
            self.fire_due(&mut self.state(), now);
            while under_way.len() < AT_ONCE {
                let Some(execution) = self.state().take_due(now) else {
                    break;
                };
                let scheduler = self.clone();
                under_way.spawn(async move { scheduler.execute(execution).await });
            }
            let full = under_way.len() >= AT_ONCE;
            let next = self.state().next_moment().filter(|_| !full);
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                () = self.news.notified() => {}
                () = self.until(next) => {}
            }
        }
    }

    async fn until(&self, moment: Option<Timestamp>) {
        match moment {
            Some(moment) => self.around.clock.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    // What was missed while nobody ran fires once, and then goes on with what is not over yet.
    fn fire_due(&self, state: &mut State, now: Timestamp) {
        while let Some(plan) = state.firing(now) {
            let planned = plan.next.unwrap_or(now);
            let next = plan.following(planned, now);
            let execution = self.begin(state, &plan, planned, now);
            let plan = Plan { next, ..plan };
            let changes = vec![Change::Plan(Box::new(plan)), Change::Execution(Box::new(execution))];
            self.commit_or_go_on(state, changes);
        }
    }

    fn begin(&self, state: &State, plan: &Plan, planned: Timestamp, now: Timestamp) -> Execution {
        let number = state.next_number;
        let moment = u64::try_from(now.as_nanosecond()).unwrap_or_default();
        let window = plan.latest(planned).duration_since(planned).as_secs_f64();
        let late = jiff::SignedDuration::from_secs_f64(window * chance::chance(self.around.seed, &[number]));
        let due = planned.checked_add(late).unwrap_or(Timestamp::MAX).max(now);
        Execution {
            number,
            id: chance::uuid(self.around.seed, &[self.began_with, moment, number]),
            plan: plan.key(),
            schedule_arn: plan.arn(&self.around.place),
            planned,
            began: due,
            target: plan.target.clone(),
            tries: 0,
            due,
            doomed: None,
        }
    }

    async fn execute(&self, mut execution: Execution) {
        let began = self.around.clock.now();
        let outcome = match execution.doomed.take() {
            Some(doom) => self.bury(&mut execution, doom).await,
            None => self.attempt(&mut execution).await,
        };
        let now = self.around.clock.now();
        {
            let mut state = self.state();
            let changes = match &outcome {
                Outcome::Again { .. } => vec![Change::Execution(Box::new(execution.clone()))],
                Outcome::Delivered | Outcome::DeadLettered { .. } | Outcome::Dropped { .. } => {
                    ended(&state, &execution)
                }
            };
            self.commit_or_go_on(&mut state, changes);
        }
        self.around.feed.tell(News::Tried {
            event_id: execution.id,
            rule_arn: execution.schedule_arn,
            target_arn: execution.target.arn,
            attempt: execution.tries,
            age: now.duration_since(execution.planned),
            latency: now.duration_since(began),
            outcome,
        });
    }

    async fn attempt(&self, execution: &mut Execution) -> Outcome {
        let handed_over = self.hand_over(execution).await;
        execution.tries += 1;
        let error = match handed_over {
            Ok(()) => return Outcome::Delivered,
            Err(error) => error,
        };
        let mut exhausted = None;
        if error.passing {
            let policy = execution.target.retry_policy.unwrap_or_default();
            let chance = chance::chance(self.around.seed, &[execution.number, u64::from(execution.tries)]);
            match policy.after(execution.tries, execution.began, self.around.clock.now(), chance) {
                Next::Exhausted(limit) => exhausted = Some(limit.to_owned()),
                Next::Try(at) => {
                    execution.due = at;
                    return Outcome::Again { at, code: error.code, message: error.message };
                }
            }
        }
        let doom = Doom { code: error.code, message: error.message, exhausted, burials: 0 };
        self.bury(execution, doom).await
    }

    async fn bury(&self, execution: &mut Execution, mut doom: Doom) -> Outcome {
        let (code, message) = (doom.code.clone(), doom.message.clone());
        let config = execution.target.dead_letter_config.as_ref();
        let Some(queue) = config.and_then(|config| config.arn.clone()) else {
            return Outcome::Dropped { code, message };
        };
        match self.around.queues.send(&queue, self.dead_letter(execution, &doom)).await {
            Ok(()) => Outcome::DeadLettered { code, message },
            Err(error) if error.passing && doom.burials < MOST_BURIALS => {
                doom.burials += 1;
                let chance = chance::chance(self.around.seed, &[execution.number, u64::from(doom.burials)]);
                let wait = pause(doom.burials, chance);
                let at = self.around.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
                execution.due = at;
                execution.doomed = Some(doom);
                Outcome::Again { at, code, message }
            }
            Err(_) => Outcome::Dropped { code, message },
        }
    }
}

// With its last execution a schedule is complete, and goes if it was made to go then.
fn ended(state: &State, execution: &Execution) -> Vec<Change> {
    let mut changes = vec![Change::Done { number: execution.number }];
    let others = |other: &Execution| other.plan == execution.plan && other.number != execution.number;
    let complete = |plan: &&Plan| plan.delete_after && plan.enabled && plan.next.is_none();
    if state.plans.get(&execution.plan).filter(complete).is_some() && !state.executions.values().any(others) {
        changes.push(Change::PlanGone { key: execution.plan.clone() });
    }
    changes
}
