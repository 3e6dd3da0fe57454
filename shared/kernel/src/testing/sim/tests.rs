//! The simulator itself: determinism, faults, killed futures and the virtual clock.

mod deliveries;
mod ports;
mod relay;
mod timers;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{json, value::to_raw_value};

use super::{Completion, Faults, Killable, Plan, Rng, Schedule, Simulation};
use crate::{App, Decider, Effect, Id, Outcome, Received, memory::Memory, route, time::Clock};

/// So few that each command stays among the recent ones of the snapshot.
const COMMANDS: u32 = 6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct CountUp {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct CountedUp {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct RingAlarm {}

crate::events! { enum CounterCommand: commands to "counter" { CountUp = 1, RingAlarm = 1 } }
crate::events! { enum CounterEvent: events of "counter" { CountedUp = 1 } }

struct Counter;

impl Decider for Counter {
    const CONTEXT: &'static str = "counter";
    type State = u32;
    type Command = CounterCommand;
    type Event = CounterEvent;
    type Rejection = Infallible;

    fn decide(_: &u32, command: &CounterCommand) -> Result<Vec<CounterEvent>, Infallible> {
        Ok(match command {
            CounterCommand::CountUp(_) => vec![CountedUp {}.into()],
            CounterCommand::RingAlarm(_) => Vec::new(),
        })
    }

    fn evolve(count: u32, _: &CounterEvent) -> u32 {
        count + 1
    }

    fn effects(_: &u32, _: &CounterEvent) -> Vec<Effect> {
        let due = Timestamp::constant(1_767_232_800, 0);
        vec![Effect::set_timer("alarm", due, &RingAlarm {})]
    }
}

fn id() -> Id<Counter> {
    Id::new("one").unwrap()
}

async fn on_count_up(app: App, command: Received<CountUp>) -> Outcome {
    app.execute::<Counter>(&id(), &command.data.clone().into(), &command.cause()).await
}

async fn on_ring_alarm(app: App, command: Received<RingAlarm>) -> Outcome {
    app.execute::<Counter>(&id(), &command.data.clone().into(), &command.cause()).await
}

fn run(seed: u64, faults: Faults) -> (Memory, Simulation) {
    let memory = Memory::new(seed);
    let routes = vec![route("counter", on_count_up), route("counter", on_ring_alarm)];
    let simulation = Simulation::new(Plan { traced: true, ..Plan::new(seed, faults, routes, &memory) });
    for _ in 0..COMMANDS {
        let detail = to_raw_value(&json!({ "data": {} })).unwrap();
        simulation.publish(simulation.rng().up_to(SignedDuration::from_secs(5)), "test", "CountUp", detail);
    }
    simulation.run().unwrap();
    (memory, simulation)
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (_, one) = run(7, Faults::CHAOS);
    let (_, same) = run(7, Faults::CHAOS);
    let (_, other) = run(8, Faults::CHAOS);
    assert_eq!(one.run_log().trace, same.run_log().trace);
    assert_eq!(one.schedule().steps(), same.schedule().steps());
    assert_ne!(one.run_log().trace, other.run_log().trace);
}

#[test]
fn under_faults_each_command_is_handled_once_and_its_event_published() {
    for seed in 0..200 {
        let (memory, simulation) = run(seed, Faults::CHAOS);
        let events: usize = memory.store.changes(0).iter().map(|commit| commit.events.len()).sum();
        assert_eq!(events, COMMANDS as usize, "seed {seed}");
        let run_log = simulation.run_log();
        assert_eq!(run_log.order_of().into_values().next().unwrap(), [1, 2, 3, 4, 5, 6], "seed {seed}");
        assert_eq!(run_log.ends.len() as u64, run_log.deliveries, "seed {seed}");
        assert_eq!(run_log.stuck, Vec::<String>::new(), "seed {seed}");
        assert!(simulation.timers().pending().is_empty(), "seed {seed}");
    }
}

#[test]
fn chaos_kills_retries_redrives_and_duplicates() {
    let mut killed = 0;
    let mut retried = 0;
    let mut redriven = 0;
    let mut doubled = 0;
    for seed in 0..50 {
        let (_, simulation) = run(seed, Faults::CHAOS);
        let run_log = simulation.run_log();
        killed += run_log.killed;
        retried += run_log.retried;
        redriven += run_log.redriven;
        doubled += run_log.times.values().filter(|times| **times > 1).count();
    }
    assert!(killed > 10 && retried > 10 && redriven > 0 && doubled > 10, "{killed} {retried} {redriven} {doubled}");
}

#[test]
fn without_faults_each_message_is_handled_at_the_first_try() {
    let (_, simulation) = run(3, Faults::NONE);
    let run_log = simulation.run_log();
    assert_eq!((run_log.killed, run_log.redriven), (0, 0));
    assert!(run_log.times.values().all(|times| *times == 1));
    assert_eq!(run_log.fired, 1, "the timer was moved, and fires once");
}

#[test]
fn a_killable_future_is_dropped_at_its_await() {
    let schedule = Schedule::new(Rng::seeded(1), Timestamp::UNIX_EPOCH);
    let steps = Arc::new(AtomicU32::new(0));
    let steps_of = |schedule: Schedule, steps: Arc<AtomicU32>| async move {
        for _ in 0..3 {
            schedule.pass().await;
            steps.fetch_add(1, Ordering::Relaxed);
        }
    };
    let future = Box::pin(steps_of(schedule.clone(), Arc::clone(&steps)));
    assert_eq!(schedule.finish(Killable::new(future, Some(2))), Ok(Completion::Killed));
    assert_eq!(steps.load(Ordering::Relaxed), 1);
    let future = Box::pin(steps_of(schedule.clone(), Arc::clone(&steps)));
    assert_eq!(schedule.finish(Killable::new(future, Some(4))), Ok(Completion::Finished(())));
    assert_eq!(steps.load(Ordering::Relaxed), 4);
}

#[test]
fn the_clock_advances_when_all_tasks_sleep() {
    let schedule = Schedule::new(Rng::seeded(1), Timestamp::UNIX_EPOCH);
    let clock = schedule.clone();
    let sleeper = async move {
        clock.sleep(SignedDuration::from_hours(20)).await;
        clock.now()
    };
    let woken = schedule.finish(sleeper).unwrap();
    assert_eq!(woken, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(20));
}
