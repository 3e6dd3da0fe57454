use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{json, value::to_raw_value};

use super::{Completion, Faults, Killable, Plan, Rng, Schedule, Simulation};
use crate::{App, Decider, Effect, Id, Outcome, Received, Rejection, memory::Memory, route, time::clock::Clock};

/// So few that each wish stays among the stream's last ones.
const WISHES: u32 = 6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct CountUp {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct CountedUp {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct RingBell {}

crate::events! { enum CounterCommand: commands to "counter" { CountUp = 1, RingBell = 1 } }
crate::events! { enum CounterEvent: events of "counter" { CountedUp = 1 } }

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Rejection for Never {
    fn rule(&self) -> &'static str {
        "Never"
    }
}

struct Counter;

impl Decider for Counter {
    const CONTEXT: &'static str = "counter";
    type State = u32;
    type Command = CounterCommand;
    type Event = CounterEvent;
    type Rejection = Never;

    fn decide(_: &u32, command: &CounterCommand) -> Result<Vec<CounterEvent>, Never> {
        Ok(match command {
            CounterCommand::CountUp(_) => vec![CountedUp {}.into()],
            CounterCommand::RingBell(_) => Vec::new(),
        })
    }

    fn evolve(count: u32, _: &CounterEvent) -> u32 {
        count + 1
    }

    fn effects(_: &u32, _: &CounterEvent) -> Vec<Effect> {
        let due = Timestamp::constant(1_767_232_800, 0);
        vec![Effect::set_timer("bell", due, &RingBell {})]
    }
}

fn id() -> Id<Counter> {
    Id::new("one").unwrap()
}

async fn on_count_up(app: App, effect: Received<CountUp>) -> Outcome {
    app.execute::<Counter>(&id(), &effect.data.clone().into(), &effect.cause()).await
}

async fn on_ring_bell(app: App, effect: Received<RingBell>) -> Outcome {
    app.execute::<Counter>(&id(), &effect.data.clone().into(), &effect.cause()).await
}

fn told(seed: u64, faults: Faults) -> (Memory, Simulation) {
    let memory = Memory::new(seed);
    let routes = vec![route("counter", on_count_up), route("counter", on_ring_bell)];
    let simulation = Simulation::new(Plan { traced: true, ..Plan::new(seed, faults, routes, &memory) });
    for _ in 0..WISHES {
        let detail = to_raw_value(&json!({ "data": {} })).unwrap();
        simulation.say(simulation.rng().up_to(SignedDuration::from_secs(5)), "test", "CountUp", detail);
    }
    simulation.run().unwrap();
    (memory, simulation)
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let (_, one) = told(7, Faults::CHAOS);
    let (_, same) = told(7, Faults::CHAOS);
    let (_, other) = told(8, Faults::CHAOS);
    assert_eq!(one.run_log().trace, same.run_log().trace);
    assert_eq!(one.schedule().steps(), same.schedule().steps());
    assert_ne!(one.run_log().trace, other.run_log().trace);
}

#[test]
fn in_any_storm_each_wish_is_obeyed_once_and_the_bus_hears_of_it() {
    for seed in 0..200 {
        let (memory, simulation) = told(seed, Faults::CHAOS);
        let events: usize = memory.store.changes(0).iter().map(|commit| commit.events.len()).sum();
        assert_eq!(events, WISHES as usize, "seed {seed}");
        let run_log = simulation.run_log();
        assert_eq!(run_log.order_of().into_values().next().unwrap(), [1, 2, 3, 4, 5, 6], "seed {seed}");
        assert_eq!(run_log.ends.len() as u64, run_log.deliveries, "seed {seed}");
        assert_eq!(run_log.stuck, Vec::<String>::new(), "seed {seed}");
        assert!(simulation.timers().pending().is_empty(), "seed {seed}");
    }
}

#[test]
fn storms_do_what_they_are_made_for() {
    let mut killed = 0;
    let mut retried = 0;
    let mut redriven = 0;
    let mut doubled = 0;
    for seed in 0..50 {
        let (_, simulation) = told(seed, Faults::CHAOS);
        let run_log = simulation.run_log();
        killed += run_log.killed;
        retried += run_log.retried;
        redriven += run_log.redriven;
        doubled += run_log.times.values().filter(|times| **times > 1).count();
    }
    assert!(killed > 10 && retried > 10 && redriven > 0 && doubled > 10, "{killed} {retried} {redriven} {doubled}");
}

#[test]
fn a_calm_house_handles_each_message_at_the_first_try() {
    let (_, simulation) = told(3, Faults::NONE);
    let run_log = simulation.run_log();
    assert_eq!((run_log.killed, run_log.redriven), (0, 0));
    assert!(run_log.times.values().all(|times| *times == 1));
    assert_eq!(run_log.fired, 1, "the timer was moved, and rings once");
}

#[test]
fn a_mortal_future_is_dropped_at_its_await_and_never_after() {
    let schedule = Schedule::new(Rng::seeded(1), Timestamp::UNIX_EPOCH);
    let steps = Arc::new(AtomicU32::new(0));
    let walk = |schedule: Schedule, steps: Arc<AtomicU32>| async move {
        for _ in 0..3 {
            schedule.pass().await;
            steps.fetch_add(1, Ordering::Relaxed);
        }
    };
    let life = Box::pin(walk(schedule.clone(), Arc::clone(&steps)));
    assert_eq!(schedule.finish(Killable::new(life, Some(2))), Ok(Completion::Killed));
    assert_eq!(steps.load(Ordering::Relaxed), 1);
    let life = Box::pin(walk(schedule.clone(), Arc::clone(&steps)));
    assert_eq!(schedule.finish(Killable::new(life, Some(4))), Ok(Completion::Finished(())));
    assert_eq!(steps.load(Ordering::Relaxed), 4);
}

#[test]
fn time_goes_on_when_everybody_sleeps() {
    let schedule = Schedule::new(Rng::seeded(1), Timestamp::UNIX_EPOCH);
    let clock = schedule.clone();
    let sleeper = async move {
        clock.sleep(SignedDuration::from_hours(20)).await;
        clock.now()
    };
    let woken = schedule.finish(sleeper).unwrap();
    assert_eq!(woken, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(20));
}
