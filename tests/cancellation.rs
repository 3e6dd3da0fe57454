//! Every function and the relay, dropped at each of their awaits and started again: the final state is
//! that of an undisturbed run. In memory, and on the real adapters.

pub(crate) mod driver;
pub(crate) mod end_state;
mod recording_stores;
mod scenarios;

use std::{collections::BTreeSet, sync::Arc};

use causeway::{
    App, Ports,
    gateway::HttpClient,
    memory::Memory,
    testing::sim::{FaultPlan, Faults, FaultyPort, Rng, Schedule},
};
use tests::{payments, wire::Dynoxide};

use driver::{Driver, Kill, QueueBus};
use end_state::EndState;
use recording_stores::RecordingStores;
use scenarios::{SCENARIOS, Scenario};

/// On DynamoDB, where all functions have the same adapters, one of so many functions is killed; in memory, each.
const FUNCTIONS: usize = 3;

/// On DynamoDB one of so many awaits of a step is killed; in memory, each.
const AWAITS: usize = 6;

/// More awaits than a step has; a step with more would never end.
const MAX_AWAITS: u32 = 500;

/// A driver, and the database that must live as long as it.
pub(crate) type DriverOnStore = (Driver, Option<Dynoxide>);

/// A driver in memory, in which each call of a port is two awaits: one before its effect and one after.
pub(crate) fn in_memory() -> DriverOnStore {
    let memory = Memory::new(1);
    let recording = RecordingStores::new(
        FaultyPort::new(memory.store.clone(), &calm()),
        FaultyPort::new(memory.views.clone(), &calm()),
    );
    let inbox = FaultyPort::new(memory.inbox.clone(), &calm());
    let ports = Ports { inbox, ..memory.ports() };
    (driver_of(memory, recording, ports), None)
}

/// A driver on DynamoDB. Besides the awaits on the wire, each call has one before its effect and one after.
fn on_dynamo() -> DriverOnStore {
    let dynoxide = Dynoxide::start();
    let stores = dynoxide.stores();
    let memory = Memory::new(1);
    let recording = RecordingStores::new(
        FaultyPort::new(stores.events.clone(), &calm()),
        FaultyPort::new(stores.views.clone(), &calm()),
    );
    let inbox = FaultyPort::new(stores.inbox.clone(), &calm());
    let ports = Ports { inbox, ..memory.ports() };
    (driver_of(memory, recording, ports), Some(dynoxide))
}

fn driver_of(memory: Memory, stores: Arc<RecordingStores>, ports: Ports) -> Driver {
    let bus = Arc::new(QueueBus::default());
    let mailer: Arc<dyn causeway::gateway::mail::Mailer> = FaultyPort::new(memory.mailer.clone(), &calm());
    payments::serve(&memory.http);
    let http: Arc<dyn HttpClient> = FaultyPort::new(memory.http.clone(), &calm());
    let app = App::new(Ports {
        store: stores.clone(),
        views: stores.clone(),
        bus: bus.clone(),
        timers: FaultyPort::new(memory.timers.clone(), &calm()),
        dead_letters: FaultyPort::new(memory.dead_letters.clone(), &calm()),
        gateways: causeway::Gateways::default().with(mailer).with(http),
        ..ports
    });
    Driver::new(app, memory, stores, bus, functions::routes())
}

/// Faults in which calls only yield.
fn calm() -> FaultPlan {
    let rng = Rng::seeded(1);
    let schedule = Schedule::new(rng.clone(), jiff::Timestamp::UNIX_EPOCH);
    FaultPlan::new(Faults::NONE, rng, schedule)
}

/// Runs a scenario: the state at its end, its steps, and whether a step was killed.
fn run(scenario: &Scenario, begin: fn() -> DriverOnStore, kill: Option<Kill>) -> (EndState, Vec<String>, bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut driver, _kept) = begin();
        (scenario.begin)(&mut driver);
        driver.run(kill).await;
        (EndState::of(&driver).await, driver.steps, driver.killed)
    })
}

/// Kills each of these steps at one of so many of its awaits, at others for each step. Returns the number of kills.
fn kill_everywhere(scenario: &Scenario, begin: fn() -> DriverOnStore, steps: &[usize], one_of: usize) -> usize {
    let (undisturbed, names, _) = run(scenario, begin, None);
    let mut kills = 0;
    for step in steps {
        let first = u32::try_from(step % one_of).unwrap() + 1;
        for at in (first..MAX_AWAITS).step_by(one_of) {
            let (state, _, killed) = run(scenario, begin, Some(Kill { step: *step, at }));
            if !killed {
                break;
            }
            kills += 1;
            let what = format!("{}: {} (step {step}) dropped at await {at}", scenario.name, names[*step]);
            assert_eq!(state.different(&undisturbed), Vec::<String>::new(), "{what}");
        }
    }
    kills
}

#[test]
fn the_scenarios_reach_every_function() {
    let mut seen: BTreeSet<String> = SCENARIOS.iter().flat_map(|scenario| run(scenario, in_memory, None).1).collect();
    assert!(seen.remove("relay"));
    let all: BTreeSet<String> = functions::routes().iter().map(causeway::Route::function).collect();
    assert_eq!(seen, all);
}

#[test]
fn whatever_is_dropped_at_any_await_in_memory_the_end_is_the_same() {
    let mut kills = 0;
    for scenario in &SCENARIOS {
        let steps = run(scenario, in_memory, None).1.len();
        kills += kill_everywhere(scenario, in_memory, &(0..steps).collect::<Vec<_>>(), 1);
    }
    assert!(kills > 500, "{kills} kills");
}

#[test]
fn whatever_of_a_third_of_the_functions_is_dropped_on_dynamo_the_end_is_the_same() {
    let mut done = BTreeSet::new();
    let (mut kills, mut killed) = (0, 0);
    for scenario in &SCENARIOS {
        let mut steps = Vec::new();
        for (step, name) in run(scenario, in_memory, None).1.into_iter().enumerate() {
            let is_one_of = done.len().is_multiple_of(FUNCTIONS) || name == "relay";
            if done.insert(name) && is_one_of {
                steps.push(step);
            }
        }
        killed += steps.len();
        kills += kill_everywhere(scenario, on_dynamo, &steps, AWAITS);
    }
    assert!(killed >= functions::routes().len() / FUNCTIONS, "{killed} functions");
    assert!(kills > killed / 2, "{kills} kills of {killed} functions");
}
