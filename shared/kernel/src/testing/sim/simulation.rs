//! [`Simulation`]: an application's functions on simulated ports, with faults, on one seed.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::{
    bus::{FaultyBus, SimBus},
    fault_plan::{FaultPlan, Faults},
    faulty_port::FaultyPort,
    relay::{Acknowledge, Log, SimRelay, Watched, up_to_the_first_failure},
    rng::Rng,
    run_log::RunLog,
    schedule::{Endless, Schedule},
    timers::SimTimers,
};
use crate::{
    App, Gateways, Ports, Route, VerificationPolicy,
    command::Cache,
    delivery::{Bus, DeadLetters, Inbox, Outcomes},
    gateway::{Breaker, BreakerPolicy, CircuitStore, GuardedHttp, HttpClient, Mailer},
    log::EventStore,
    memory::{Memory, MemoryCircuits},
    time::{Backoff, Clock, Timers},
    view::ViewStore,
};

/// The number of execution environments.
const ENVIRONMENTS: usize = 3;
/// The size of an environment's cache: small, so that streams are evicted.
const CACHED_STREAMS: usize = 6;
/// How requests to outside systems are retried.
const HTTP_RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(200), most: SignedDuration::from_secs(1), tries: 3 };

/// Makes the client of the outside systems on the simulation's clock.
pub type ConnectHttp = Box<dyn FnOnce(Arc<dyn Clock>) -> Arc<dyn HttpClient>>;

/// The configuration of a simulation.
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The rates of faults.
    pub faults: Faults,
    /// The routes of the functions.
    pub routes: Vec<Route>,
    /// The log.
    pub log: Arc<dyn Log>,
    /// The views.
    pub views: Arc<dyn ViewStore>,
    /// The inbox.
    pub inbox: Arc<dyn Inbox>,
    /// The outcomes of commands.
    pub outcomes: Arc<dyn Outcomes>,
    /// The dead letters.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// The mail service.
    pub mailer: Arc<dyn Mailer>,
    /// The outside systems.
    pub http: ConnectHttp,
    /// The circuit breaker in front of them, which all environments share.
    pub breaker: BreakerPolicy,
    /// A wrapper around the application's bus client.
    pub wrap_bus: fn(Arc<dyn Bus>) -> Arc<dyn Bus>,
    /// How the relay's results are acknowledged.
    pub acknowledge: Acknowledge,
    /// What is verified of messages.
    pub verification: VerificationPolicy,
    /// Whether every step is traced.
    pub traced: bool,
}

impl Plan {
    /// These routes on the in-memory ports.
    pub fn new(seed: u64, faults: Faults, routes: Vec<Route>, memory: &Memory) -> Self {
        Self {
            seed,
            faults,
            routes,
            log: memory.store.clone(),
            views: memory.views.clone(),
            inbox: memory.inbox.clone(),
            outcomes: memory.outcomes.clone(),
            dead_letters: memory.dead_letters.clone(),
            mailer: memory.mailer.clone(),
            http: {
                let http = memory.http.clone();
                Box::new(|_| http)
            },
            breaker: BreakerPolicy::USUAL,
            wrap_bus: |bus| bus,
            acknowledge: up_to_the_first_failure,
            verification: VerificationPolicy::default(),
            traced: false,
        }
    }
}

/// A simulated application.
pub struct Simulation {
    fault_plan: FaultPlan,
    bus: Arc<SimBus>,
    timers: Arc<SimTimers>,
    relay: Arc<SimRelay>,
}

impl Simulation {
    /// The simulation of this plan, at the beginning of 2026.
    pub fn new(plan: Plan) -> Self {
        let rng = Rng::seeded(plan.seed);
        let schedule = Schedule::new(rng.clone(), Timestamp::constant(1_767_225_600, 0));
        let fault_plan = FaultPlan::new(plan.faults, rng.clone(), schedule.clone());
        let bus = Arc::new(SimBus::new(&fault_plan, plan.routes, plan.traced));
        let timers = Arc::new(SimTimers::new(&fault_plan, &bus));
        let relay = Arc::new(SimRelay::new(Arc::clone(&plan.log), &fault_plan, &bus, plan.acknowledge));
        let watched: Arc<dyn EventStore> = Arc::new(Watched { log: plan.log, relay: Arc::clone(&relay) });
        let wrap_bus = (plan.wrap_bus)(Arc::new(FaultyBus { bus: Arc::clone(&bus), fault_plan: fault_plan.clone() }));
        let mailer: Arc<dyn Mailer> = FaultyPort::new(plan.mailer, &fault_plan);
        let clock: Arc<dyn Clock> = Arc::new(schedule.clone());
        let http: Arc<dyn HttpClient> = FaultyPort::new((plan.http)(Arc::clone(&clock)), &fault_plan);
        let circuits: Arc<dyn CircuitStore> = FaultyPort::new(Arc::new(MemoryCircuits::default()), &fault_plan);
        let set: Arc<dyn Timers> = timers.clone();
        let environment = |_| {
            let breaker = Breaker::new(Arc::clone(&circuits), Arc::clone(&clock), plan.breaker);
            let http: Arc<dyn HttpClient> = Arc::new(GuardedHttp::new(
                Arc::clone(&http),
                breaker,
                HTTP_RETRY,
                Arc::clone(&clock),
                Arc::new(rng.clone()),
            ));
            App::new(Ports {
                store: FaultyPort::new(Arc::clone(&watched), &fault_plan),
                views: FaultyPort::new(Arc::clone(&plan.views), &fault_plan),
                inbox: FaultyPort::new(Arc::clone(&plan.inbox), &fault_plan),
                outcomes: FaultyPort::new(Arc::clone(&plan.outcomes), &fault_plan),
                bus: Arc::clone(&wrap_bus),
                timers: FaultyPort::new(Arc::clone(&set), &fault_plan),
                dead_letters: FaultyPort::new(Arc::clone(&plan.dead_letters), &fault_plan),
                clock: Arc::clone(&clock),
                ids: Arc::new(rng.clone()),
                gateways: Gateways::default().with(Arc::clone(&mailer)).with(http),
                cache: Cache::new(CACHED_STREAMS),
                verification: plan.verification.clone(),
            })
        };
        bus.set_environments((0..ENVIRONMENTS).map(environment).collect());
        Self { fault_plan, bus, timers, relay }
    }

    /// Publishes a message of any source after this time.
    pub fn publish(&self, after: SignedDuration, source: &str, name: &str, detail: Box<RawValue>) {
        let (source, name) = (source.to_owned(), name.to_owned());
        let (schedule, bus) = (self.fault_plan.schedule.clone(), Arc::clone(&self.bus));
        self.fault_plan.schedule.spawn(async move {
            schedule.sleep(after).await;
            bus.publish_detail(&source, &name, detail);
        });
    }

    /// Starts the relay for commits that were in the log before.
    pub fn wake_relay(&self) {
        self.relay.wake();
    }

    /// Runs until every task has ended.
    pub fn run(&self) -> Result<(), Endless> {
        self.fault_plan.schedule.run()
    }

    /// The app of a random environment.
    pub fn app(&self) -> Option<App> {
        self.bus.any_app()
    }

    /// The schedule and the clock.
    pub fn schedule(&self) -> &Schedule {
        &self.fault_plan.schedule
    }

    /// The random numbers of the run.
    pub fn rng(&self) -> &Rng {
        &self.fault_plan.rng
    }

    /// The faults.
    pub fn fault_plan(&self) -> &FaultPlan {
        &self.fault_plan
    }

    /// The timers.
    pub fn timers(&self) -> &SimTimers {
        &self.timers
    }

    /// The run log so far.
    pub fn run_log(&self) -> RunLog {
        self.bus.run_log()
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.fault_plan.schedule.now()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // Tasks hold the bus, and the bus its apps: without this the cycle would never be freed.
        self.bus.set_environments(Vec::new());
        self.fault_plan.schedule.clear();
    }
}
