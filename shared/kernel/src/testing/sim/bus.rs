//! [`SimBus`]: delivers each message to every function of its routes at least once, up to five times, in any order and
//! minutes late; failed deliveries are retried, and redriven from the function's dead letters. [`FaultyBus`] publishes to it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    fault_plan::FaultPlan,
    killable::{Completion, Killable},
    run_log::{End, RunLog},
};
use crate::{
    App, Delivery, Failure, Handled, Route,
    delivery::{Bus, Entry, PublishOutcome},
    failure::causes,
    memory::lock::lock,
    time::{Clock, Ids},
};

/// The timeout of a function.
pub const FUNCTION_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);
/// The tries of a delivery before it goes to the function's dead letters.
const TRIES: u32 = 3;
/// The failures after the end of the faults that make a delivery stuck.
const MAX_FAILURES: u32 = 12;
/// A run is killed at one of this many awaits.
const AWAITS: u64 = 24;

/// The bus of a simulation.
pub struct SimBus {
    fault_plan: FaultPlan,
    routes: Vec<Route>,
    environments: Mutex<Vec<App>>,
    run_log: Arc<Mutex<RunLog>>,
    traced: bool,
}

impl SimBus {
    /// A bus with these routes.
    pub fn new(fault_plan: &FaultPlan, routes: Vec<Route>, traced: bool) -> Self {
        Self { fault_plan: fault_plan.clone(), routes, environments: Mutex::default(), run_log: Arc::default(), traced }
    }

    /// Replaces the execution environments: apps on the same ports, each with its own cache.
    pub fn set_environments(&self, apps: Vec<App>) {
        let before = std::mem::replace(&mut *lock(&self.environments), apps);
        drop(before);
    }

    /// The app of a random environment.
    pub fn any_app(&self) -> Option<App> {
        let apps = lock(&self.environments);
        apps.get(self.fault_plan.rng.index(apps.len())).cloned()
    }

    /// The run log so far.
    pub fn run_log(&self) -> RunLog {
        lock(&self.run_log).clone()
    }

    /// Writes to the run log.
    pub fn note(&self, write: impl FnOnce(&mut RunLog)) {
        write(&mut lock(&self.run_log));
    }

    /// Adds a line to the trace, if the plan is traced.
    pub fn trace(&self, line: impl FnOnce() -> String) {
        if self.traced {
            let line = format!("{} {}", self.fault_plan.schedule.now(), line());
            lock(&self.run_log).trace.push(line);
        }
    }

    /// Accepts an entry and publishes it.
    pub fn accept(self: &Arc<Self>, entry: &Entry) {
        self.note(|run_log| run_log.record(entry));
        if let Ok(detail) = to_raw_value(&entry.envelope) {
            self.publish_detail(&entry.source, &entry.envelope.event_type, detail);
        }
    }

    /// Publishes a message of any source to all of its routes, with a new delivery id.
    pub fn publish_detail(self: &Arc<Self>, source: &str, name: &str, detail: Box<RawValue>) {
        let time = self.fault_plan.schedule.now();
        let delivery = Delivery {
            id: self.fault_plan.rng.uuid(time).to_string(),
            source: source.to_owned(),
            account: None,
            detail_type: name.to_owned(),
            time,
            detail,
            replay_name: None,
        };
        self.trace(|| format!("published {name} {} {}", delivery.id, delivery.detail.get()));
        for route in self.routes.iter().filter(|route| route.message == name) {
            let doubled = self.fault_plan.occurs(self.fault_plan.faults().doubled);
            let copies = if doubled { 2 + self.fault_plan.rng.below(4) } else { 1 };
            for _ in 0..copies {
                self.note(|run_log| run_log.deliveries += 1);
                self.fault_plan.schedule.spawn(Arc::clone(self).deliver(route.clone(), delivery.clone()));
            }
        }
    }

    /// Delivers to one function until the message is handled.
    async fn deliver(self: Arc<Self>, route: Route, delivery: Delivery) {
        let late = if self.fault_plan.occurs(self.fault_plan.faults().delayed) { 5 * 60 * 1000 } else { 500 };
        self.fault_plan.schedule.sleep(self.fault_plan.rng.up_to(SignedDuration::from_millis(late))).await;
        let mut tries = 0;
        let mut failures_without_faults = 0;
        loop {
            let Some(app) = self.any_app() else { return };
            let reason = match self.run(&route, app, &delivery).await {
                Completion::Finished(Ok(handled)) => {
                    self.trace(|| format!("{} {} {handled:?}", route.function(), delivery.id));
                    let end = End { function: route.function(), delivery: delivery.id.clone(), handled };
                    return self.note(|run_log| run_log.ends.push(end));
                }
                Completion::Finished(Err(failure)) => {
                    self.note(|run_log| run_log.retried += 1);
                    causes(&failure)
                }
                Completion::Killed => {
                    self.note(|run_log| run_log.killed += 1);
                    "killed".to_owned()
                }
            };
            self.trace(|| format!("{} {} {reason}", route.function(), delivery.id));
            if self.fault_plan.schedule.now() > self.fault_plan.over() {
                failures_without_faults += 1;
            }
            if failures_without_faults > MAX_FAILURES {
                return self.note(|run_log| run_log.stuck.push(format!("{}: {reason}", route.function())));
            }
            tries += 1;
            self.fault_plan.schedule.sleep(self.retry_delay(tries)).await;
        }
    }

    async fn run(&self, route: &Route, app: App, delivery: &Delivery) -> Completion<Result<Handled, Failure>> {
        let awaits = self.fault_plan.last_await(AWAITS);
        let route = route.clone();
        let delivery = delivery.clone();
        let run = Box::pin(async move { route.handle(&app, &delivery).await });
        Killable::new(run, awaits).within(FUNCTION_TIMEOUT, &self.fault_plan.schedule).await
    }

    /// A delivery is retried after one minute, after two, and then redriven from the dead letters.
    fn retry_delay(&self, tries: u32) -> SignedDuration {
        if !tries.is_multiple_of(TRIES) {
            return SignedDuration::from_mins(i64::from(tries % TRIES));
        }
        self.note(|run_log| run_log.redriven += 1);
        SignedDuration::from_mins(10) + self.fault_plan.rng.up_to(SignedDuration::from_mins(20))
    }
}

/// The application's client of the bus: it injects failed entries and lost answers.
pub struct FaultyBus {
    /// The bus.
    pub bus: Arc<SimBus>,
    /// The faults.
    pub fault_plan: FaultPlan,
}

#[async_trait]
impl Bus for FaultyBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        if let Err(error) = self.fault_plan.before().await {
            let reason = causes(error.as_ref());
            return entries.iter().map(|_| PublishOutcome::Transient(reason.clone().into())).collect();
        }
        let mut outcomes = Vec::new();
        for entry in entries {
            if self.fault_plan.occurs(self.fault_plan.faults().throttled) {
                outcomes.push(PublishOutcome::Transient("too many entries".into()));
                continue;
            }
            self.bus.accept(entry);
            let lost = self.fault_plan.occurs(self.fault_plan.faults().lost);
            outcomes.push(if lost {
                PublishOutcome::Transient("the answer was lost".into())
            } else {
                PublishOutcome::Accepted
            });
        }
        match self.fault_plan.after().await {
            Ok(()) => outcomes,
            Err(_) => entries.iter().map(|_| PublishOutcome::Transient("the answer was lost".into())).collect(),
        }
    }
}
