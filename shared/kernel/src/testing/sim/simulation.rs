//! A simulated house: functions, ports, bus, timers, relay, and the seed from which its story follows.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::{
    bus::{FaultyBus, SimBus},
    fault_plan::{FaultPlan, Faults},
    faulty_port::FaultyPort,
    relay::{Acknowledge, Log, SimRelay, Watched, up_to_the_first_not_done},
    rng::Rng,
    run_log::RunLog,
    schedule::{Endless, Schedule},
    timers::SimTimers,
};
use crate::{
    app::{App, Ports},
    command::cache::Cache,
    delivery::{bus::Bus, dead_letter::DeadLetters, inbox::Inbox, route::Route, verify::VerificationPolicy},
    gateway::{gateways::Gateways, mail::Mailer},
    log::event_store::EventStore,
    memory::Memory,
    time::{clock::Clock, timers::Timers},
    view::view_store::ViewStore,
};

/// So many environments run the functions.
const ENVIRONMENTS: usize = 3;
/// So many streams an environment remembers: few, so that it forgets as well.
const REMEMBERED_STREAMS: usize = 6;

/// What a simulated house is made of.
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// The functions.
    pub routes: Vec<Route>,
    /// The log.
    pub log: Arc<dyn Log>,
    /// The views.
    pub views: Arc<dyn ViewStore>,
    /// The inbox.
    pub inbox: Arc<dyn Inbox>,
    /// The dead letters.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// The mail.
    pub mailer: Arc<dyn Mailer>,
    /// What stands between the house and its bus.
    pub wrap_bus: fn(Arc<dyn Bus>) -> Arc<dyn Bus>,
    /// How the relay's answers are taken.
    pub acknowledge: Acknowledge,
    /// How far the functions believe the bus.
    pub verification: VerificationPolicy,
    /// Whether every step is written down.
    pub traced: bool,
}

impl Plan {
    /// These functions on this memory.
    pub fn new(seed: u64, faults: Faults, routes: Vec<Route>, memory: &Memory) -> Self {
        Self {
            seed,
            faults,
            routes,
            log: memory.store.clone(),
            views: memory.views.clone(),
            inbox: memory.inbox.clone(),
            dead_letters: memory.dead_letters.clone(),
            mailer: memory.mailer.clone(),
            wrap_bus: |bus| bus,
            acknowledge: up_to_the_first_not_done,
            verification: VerificationPolicy::default(),
            traced: false,
        }
    }
}

/// A simulated house.
pub struct Simulation {
    schedule: Schedule,
    rng: Rng,
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
    timers: Arc<SimTimers>,
    relay: Arc<SimRelay>,
}

impl Simulation {
    /// The house of this plan, at the beginning of 2026.
    pub fn new(plan: Plan) -> Self {
        let rng = Rng::seeded(plan.seed);
        let schedule = Schedule::new(rng.clone(), Timestamp::constant(1_767_225_600, 0));
        let fault_plan = FaultPlan::new(plan.faults, rng.clone(), schedule.clone());
        let bus = Arc::new(SimBus::new(&schedule, &rng, &fault_plan, plan.routes, plan.traced));
        let timers = Arc::new(SimTimers::new(&schedule, &rng, &fault_plan, &bus));
        let all = (&schedule, &rng, &fault_plan);
        let relay = Arc::new(SimRelay::new(Arc::clone(&plan.log), all, &bus, plan.acknowledge));
        let watched: Arc<dyn EventStore> = Arc::new(Watched { log: plan.log, relay: Arc::clone(&relay) });
        let wrap_bus = (plan.wrap_bus)(Arc::new(FaultyBus { bus: Arc::clone(&bus), fault_plan: fault_plan.clone() }));
        let mailer: Arc<dyn Mailer> = FaultyPort::new(plan.mailer, &fault_plan);
        let set: Arc<dyn Timers> = timers.clone();
        let environment = |_| {
            App::new(Ports {
                store: FaultyPort::new(Arc::clone(&watched), &fault_plan),
                views: FaultyPort::new(Arc::clone(&plan.views), &fault_plan),
                inbox: FaultyPort::new(Arc::clone(&plan.inbox), &fault_plan),
                bus: Arc::clone(&wrap_bus),
                timers: FaultyPort::new(Arc::clone(&set), &fault_plan),
                dead_letters: FaultyPort::new(Arc::clone(&plan.dead_letters), &fault_plan),
                clock: Arc::new(schedule.clone()),
                ids: Arc::new(rng.clone()),
                gateways: Gateways::default().with(Arc::clone(&mailer)),
                cache: Cache::new(REMEMBERED_STREAMS),
                verification: plan.verification.clone(),
            })
        };
        bus.environments().set((0..ENVIRONMENTS).map(environment).collect());
        Self { schedule, rng, fault_plan, bus, timers, relay }
    }

    /// Somebody outside says something after this time.
    pub fn say(&self, after: SignedDuration, source: &str, name: &str, detail: Box<RawValue>) {
        let (source, name) = (source.to_owned(), name.to_owned());
        let (schedule, bus) = (self.schedule.clone(), Arc::clone(&self.bus));
        self.schedule.spawn(async move {
            schedule.sleep(after).await;
            bus.say(&source, &name, detail);
        });
    }

    /// Wakes the relay for what stood in the log before.
    pub fn wake_relay(&self) {
        self.relay.wake();
    }

    /// Runs until everything is quiet.
    pub fn run(&self) -> Result<(), Endless> {
        self.schedule.run()
    }

    /// One of the environments.
    pub fn app(&self) -> Option<App> {
        self.bus.environments().any(&self.rng)
    }

    /// The schedule and the clock.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The chance from which everything follows.
    pub fn rng(&self) -> &Rng {
        &self.rng
    }

    /// The weather.
    pub fn fault_plan(&self) -> &FaultPlan {
        &self.fault_plan
    }

    /// The timers.
    pub fn timers(&self) -> &SimTimers {
        &self.timers
    }

    /// What was written down.
    pub fn run_log(&self) -> RunLog {
        self.bus.run_log()
    }

    /// The time it is.
    pub fn now(&self) -> Timestamp {
        self.schedule.now()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // Tasks hold the bus and the bus its apps: without this nothing would ever be freed.
        self.bus.environments().set(Vec::new());
        self.schedule.clear();
    }
}
