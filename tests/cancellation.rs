//! Every function and the relay, dropped at each of their awaits and begun again: the house comes to the same end as
//! if nothing had been dropped. In memory, and on the real adapters.

pub(crate) mod driver;
pub(crate) mod end_state;
mod recording_stores;
mod scenarios;

use std::{collections::BTreeSet, sync::Arc};

use causeway::{
    App, Ports,
    memory::Memory,
    testing::sim::{FaultPlan, Faults, FaultyPort, Rng, Schedule},
};
use tests::wire::Dynoxide;

use driver::{Driver, Kill, QueueBus};
use end_state::EndState;
use recording_stores::RecordingStores;
use scenarios::{SCENARIOS, Scenario};

/// No step has more awaits than this, or it never ends.
const MOST_AWAITS: u32 = 500;

/// A house, and what must be kept as long as it stands.
pub(crate) type House = (Driver, Option<Dynoxide>);

/// A house in memory, in which each call of a port is two awaits: one before its effect and one after.
pub(crate) fn in_memory() -> House {
    let memory = Memory::new(1);
    let witness = RecordingStores::new(
        FaultyPort::new(memory.store.clone(), &calm()),
        FaultyPort::new(memory.views.clone(), &calm()),
    );
    let inbox = FaultyPort::new(memory.inbox.clone(), &calm());
    let parts = Ports { inbox, ..memory.ports() };
    (house(memory, witness, parts), None)
}

/// A house on a real database. Besides the awaits on the wire, each call has one before its effect and one after.
fn on_dynamo() -> House {
    let dynoxide = Dynoxide::start();
    let stores = dynoxide.stores();
    let memory = Memory::new(1);
    let witness = RecordingStores::new(
        FaultyPort::new(stores.events.clone(), &calm()),
        FaultyPort::new(stores.views.clone(), &calm()),
    );
    let inbox = FaultyPort::new(stores.inbox.clone(), &calm());
    let parts = Ports { inbox, ..memory.ports() };
    (house(memory, witness, parts), Some(dynoxide))
}

fn house(memory: Memory, witness: Arc<RecordingStores>, parts: Ports) -> Driver {
    let bus = Arc::new(QueueBus::default());
    let mailer: Arc<dyn causeway::gateway::mail::Mailer> = FaultyPort::new(memory.mailer.clone(), &calm());
    let app = App::new(Ports {
        store: witness.clone(),
        views: witness.clone(),
        bus: bus.clone(),
        timers: FaultyPort::new(memory.timers.clone(), &calm()),
        dead_letters: FaultyPort::new(memory.dead_letters.clone(), &calm()),
        gateways: causeway::Gateways::default().with(mailer),
        ..parts
    });
    Driver::new(app, memory, witness, bus, functions::routes())
}

/// FaultPlan in which calls only let others go first.
fn calm() -> FaultPlan {
    let rng = Rng::seeded(1);
    let schedule = Schedule::new(rng.clone(), jiff::Timestamp::UNIX_EPOCH);
    FaultPlan::new(Faults::NONE, rng, schedule)
}

/// One run of a scene: the picture at its end, its steps, and whether something was killed.
fn run(scene: &Scenario, begin: fn() -> House, kill: Option<Kill>) -> (EndState, Vec<String>, bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut pump, _kept) = begin();
        (scene.begin)(&mut pump);
        pump.run(kill).await;
        (EndState::of(&pump).await, pump.steps, pump.killed)
    })
}

/// Kills each of these steps at each of its awaits; how many kills that were.
fn kill_everywhere(scene: &Scenario, begin: fn() -> House, steps: &[usize]) -> usize {
    let (whole, names, _) = run(scene, begin, None);
    let mut kills = 0;
    for step in steps {
        for at in 1..MOST_AWAITS {
            let (picture, _, killed) = run(scene, begin, Some(Kill { step: *step, at }));
            if !killed {
                break;
            }
            kills += 1;
            let what = format!("{}: {} (step {step}) dropped at await {at}", scene.name, names[*step]);
            assert_eq!(picture.different(&whole), Vec::<String>::new(), "{what}");
        }
    }
    kills
}

#[test]
fn the_scenes_have_something_to_do_for_every_function() {
    let mut seen: BTreeSet<String> = SCENARIOS.iter().flat_map(|scene| run(scene, in_memory, None).1).collect();
    assert!(seen.remove("relay"));
    let all: BTreeSet<String> = functions::routes().iter().map(causeway::Route::function).collect();
    assert_eq!(seen, all);
}

#[test]
fn whatever_is_dropped_at_any_await_in_memory_the_end_is_the_same() {
    let mut kills = 0;
    for scene in &SCENARIOS {
        let steps = run(scene, in_memory, None).1.len();
        kills += kill_everywhere(scene, in_memory, &(0..steps).collect::<Vec<_>>());
    }
    assert!(kills > 500, "{kills} kills");
}

#[test]
fn whatever_function_is_dropped_at_any_await_on_dynamo_the_end_is_the_same() {
    let mut done = BTreeSet::new();
    let mut kills = 0;
    for scene in &SCENARIOS {
        let names = run(scene, in_memory, None).1.into_iter().enumerate();
        let steps: Vec<usize> = names.filter(|(_, name)| done.insert(name.clone())).map(|(step, _)| step).collect();
        kills += kill_everywhere(scene, on_dynamo, &steps);
    }
    let functions: BTreeSet<String> = functions::routes().iter().map(causeway::Route::function).collect();
    assert_eq!(done.len(), functions.len() + 1, "every function and the relay");
    assert!(kills > done.len(), "{kills} kills");
}
