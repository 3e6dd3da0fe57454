//! The bus in bad weather: it brings each message to every function that hears it, at least once, up to five times,
//! in any order, minutes late, and again when the function failed, at last by way of the dead letters.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::{RawValue, to_raw_value};

use super::{
    fault_plan::FaultPlan,
    killable::{Completion, Killable},
    rng::Rng,
    run_log::{End, RunLog},
    schedule::{Schedule, lock},
};
use crate::{
    app::App,
    delivery::{
        bus::{Bus, Entry, PublishOutcome},
        route::Route,
    },
    failure::{Failure, Handled, causes},
    message::envelope::Delivery,
    time::clock::{Clock, Ids},
};

/// A function's run is killed when it takes longer.
pub const FUNCTION_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);
/// So often a message is tried before it goes to the function's dead letters.
const TRIES: u32 = 3;
/// So many failures in good weather make a delivery stuck.
const PATIENCE: u32 = 12;
/// A run is killed at one of so many awaits.
const AWAITS: u64 = 24;

/// The bus of a simulated house.
pub struct SimBus {
    schedule: Schedule,
    rng: Rng,
    fault_plan: FaultPlan,
    routes: Vec<Route>,
    environments: Environments,
    run_log: Arc<Mutex<RunLog>>,
    traced: bool,
}

/// The environments in which functions run: apps with the same ports, each with its own memory of streams.
#[derive(Clone, Default)]
pub struct Environments {
    apps: Arc<Mutex<Vec<App>>>,
}

impl Environments {
    /// Puts these apps in the place of those before.
    pub fn set(&self, apps: Vec<App>) {
        let before = std::mem::replace(&mut *lock(&self.apps), apps);
        drop(before);
    }

    /// Any one of them.
    pub fn any(&self, rng: &Rng) -> Option<App> {
        let apps = lock(&self.apps);
        apps.get(rng.index(apps.len())).cloned()
    }
}

impl SimBus {
    /// A bus to these functions.
    pub fn new(schedule: &Schedule, rng: &Rng, fault_plan: &FaultPlan, routes: Vec<Route>, traced: bool) -> Self {
        Self {
            schedule: schedule.clone(),
            rng: rng.clone(),
            fault_plan: fault_plan.clone(),
            routes,
            environments: Environments::default(),
            run_log: Arc::default(),
            traced,
        }
    }

    /// Where the functions run.
    pub fn environments(&self) -> &Environments {
        &self.environments
    }

    /// What was written down so far.
    pub fn run_log(&self) -> RunLog {
        lock(&self.run_log).clone()
    }

    /// Writes something down.
    pub fn note(&self, write: impl FnOnce(&mut RunLog)) {
        write(&mut lock(&self.run_log));
    }

    /// Writes a line down, when the plan asks for it.
    pub fn trace(&self, line: impl FnOnce() -> String) {
        if self.traced {
            let line = format!("{} {}", self.schedule.now(), line());
            lock(&self.run_log).trace.push(line);
        }
    }

    /// Takes what the house says: one more time, under an id of the bus's own.
    pub fn take(self: &Arc<Self>, entry: &Entry) {
        self.note(|run_log| run_log.hear(entry));
        if let Ok(detail) = to_raw_value(&entry.envelope) {
            self.say(&entry.source, &entry.envelope.event_type, detail);
        }
    }

    /// Takes what anybody says and brings it to all that hear it.
    pub fn say(self: &Arc<Self>, source: &str, name: &str, detail: Box<RawValue>) {
        let time = self.schedule.now();
        let delivery = Delivery {
            id: self.rng.uuid(time).to_string(),
            source: source.to_owned(),
            account: None,
            detail_type: name.to_owned(),
            time,
            detail,
            replay_name: None,
        };
        self.trace(|| format!("said {name} {} {}", delivery.id, delivery.detail.get()));
        for route in self.routes.iter().filter(|route| route.message == name) {
            let doubled = self.fault_plan.occurs(self.fault_plan.faults().doubled);
            let copies = if doubled { 2 + self.rng.below(4) } else { 1 };
            for _ in 0..copies {
                self.note(|run_log| run_log.deliveries += 1);
                self.schedule.spawn(Arc::clone(self).transport(route.clone(), delivery.clone()));
            }
        }
    }

    /// Brings one delivery to its function until it is handled.
    async fn transport(self: Arc<Self>, route: Route, delivery: Delivery) {
        let late = if self.fault_plan.occurs(self.fault_plan.faults().delayed) { 5 * 60 * 1000 } else { 500 };
        self.schedule.sleep(self.rng.up_to(SignedDuration::from_millis(late))).await;
        let mut tries = 0;
        let mut failures_in_good_weather = 0;
        loop {
            let Some(app) = self.environments.any(&self.rng) else { return };
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
            if self.schedule.now() > self.fault_plan.over() {
                failures_in_good_weather += 1;
            }
            if failures_in_good_weather > PATIENCE {
                return self.note(|run_log| run_log.stuck.push(format!("{}: {reason}", route.function())));
            }
            tries += 1;
            self.schedule.sleep(self.wait_after(tries)).await;
        }
    }

    async fn run(&self, route: &Route, app: App, delivery: &Delivery) -> Completion<Result<Handled, Failure>> {
        let awaits = self.fault_plan.last_await(AWAITS);
        let route = route.clone();
        let delivery = delivery.clone();
        let life = Box::pin(async move { route.handle(&app, &delivery).await });
        let schedule = self.schedule.clone();
        let over = schedule.now() + FUNCTION_TIMEOUT;
        Killable::new(life, awaits).until(move || schedule.now() > over).await
    }

    /// A function is tried again after a minute, after two, and then from its dead letters.
    fn wait_after(&self, tries: u32) -> SignedDuration {
        if !tries.is_multiple_of(TRIES) {
            return SignedDuration::from_mins(i64::from(tries % TRIES));
        }
        self.note(|run_log| run_log.redriven += 1);
        SignedDuration::from_mins(10) + self.rng.up_to(SignedDuration::from_mins(20))
    }

    /// The time it is.
    pub fn now(&self) -> Timestamp {
        self.schedule.now()
    }
}

/// The house's way to the bus: entry by entry, some are not taken, and of some nobody hears that they were.
pub struct FaultyBus {
    /// The bus.
    pub bus: Arc<SimBus>,
    /// The weather on the way.
    pub fault_plan: FaultPlan,
}

#[async_trait]
impl Bus for FaultyBus {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        if let Err(error) = self.fault_plan.before().await {
            let reason = causes(error.as_ref());
            return entries.iter().map(|_| PublishOutcome::Transient(reason.clone().into())).collect();
        }
        let mut said = Vec::new();
        for entry in entries {
            if self.fault_plan.occurs(self.fault_plan.faults().throttled) {
                said.push(PublishOutcome::Transient("too many entries".into()));
                continue;
            }
            self.bus.take(entry);
            let lost = self.fault_plan.occurs(self.fault_plan.faults().lost);
            said.push(if lost {
                PublishOutcome::Transient("the answer was lost".into())
            } else {
                PublishOutcome::Accepted
            });
        }
        match self.fault_plan.after().await {
            Ok(()) => said,
            Err(_) => entries.iter().map(|_| PublishOutcome::Transient("the answer was lost".into())).collect(),
        }
    }
}
