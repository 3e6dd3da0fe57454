//! What the relay of a simulation publishes, in which batches, and when.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use super::*;
use crate::{
    StreamId,
    log::{Append, EventStore, SnapshotPolicy},
    testing::{
        sim::relay::{Acknowledge, up_to_the_first_failure},
        tests::{commit_of, message, minute},
    },
};

const STREAMS: [&str; 4] = ["a", "bb", "ccc", "dddd"];

/// Relays a log of six commits in each of these streams.
fn relay(seed: u64, faults: Faults, acknowledge: Acknowledge, streams: &[&str]) -> Simulation {
    relay_commits(seed, faults, acknowledge, streams, 6)
}

/// Relays a log of so many commits in each of these streams, each of one event.
fn relay_commits(seed: u64, faults: Faults, acknowledge: Acknowledge, streams: &[&str], commits: u64) -> Simulation {
    let memory = Memory::new(seed);
    for version in 1..=commits {
        for stream in streams {
            let stream = StreamId::parse(&format!("lamp/{stream}")).unwrap();
            let events = vec![message("LampFed", &json!({ "drops": 1 }))];
            let commit = commit_of(&stream, version, &format!("c-{version}"), events);
            let append = Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false };
            futures::executor::block_on(memory.store.append(append)).unwrap();
        }
    }
    let plan = Plan { traced: true, acknowledge, ..Plan::new(seed, faults, Vec::new(), &memory) };
    let simulation = Simulation::new(plan);
    simulation.wake_relay();
    simulation.wake_relay();
    simulation.run().unwrap();
    let order = simulation.run_log().order_of();
    assert_eq!(
        order.into_values().collect::<Vec<_>>(),
        vec![(1..=commits).collect::<Vec<u64>>(); streams.len()],
        "seed {seed}"
    );
    simulation
}

/// The lines of the relay in the trace: when, in milliseconds after the beginning, and what.
fn lines(simulation: &Simulation) -> Vec<(i128, String)> {
    let line = |line: &String| {
        let (at, what) = line.split_once(" relay: ")?;
        let at: Timestamp = at.parse().ok()?;
        Some((at.duration_since(minute(0)).as_millis(), what.to_owned()))
    };
    simulation.run_log().trace.iter().filter_map(line).collect()
}

#[test]
fn a_batch_has_one_to_eight_commits_of_interleaved_streams() {
    let mut batches = BTreeSet::new();
    let mut orders = BTreeSet::new();
    for seed in 0..100 {
        let simulation = relay(seed, Faults::NONE, up_to_the_first_failure, &STREAMS);
        batches.extend(lines(&simulation).into_iter().map(|(_, what)| what));
        let run_log = simulation.run_log();
        let published = run_log.published.iter().map(|entry| entry.envelope.aggregate_id.clone());
        orders.insert(published.collect::<Vec<String>>());
        assert!(run_log.times.values().all(|times| *times == 1), "one relay runs, and nothing is repeated");
    }
    let expected: BTreeSet<String> = (1..=8).map(|size| format!("{size} of {size} done")).collect();
    assert_eq!(batches, expected);
    assert!(orders.len() > 90, "each run has an order of its own");
}

#[test]
fn two_streams_come_in_either_order() {
    let order = |seed| {
        let simulation = relay_commits(seed, Faults::NONE, up_to_the_first_failure, &["a", "bb"], 1);
        let single = lines(&simulation).iter().all(|(_, what)| what == "1 of 1 done");
        let published = simulation.run_log().published.into_iter().map(|entry| entry.envelope.aggregate_id);
        single.then(|| published.collect::<Vec<String>>().join(" "))
    };
    assert_eq!((0..500).filter_map(order).collect::<BTreeSet<String>>(), ["a bb".to_owned(), "bb a".to_owned()].into());
}

#[test]
fn a_batch_follows_the_last_one_within_300_milliseconds() {
    let mut pauses = Vec::new();
    for seed in 0..20 {
        let lines = lines(&relay(seed, Faults::NONE, up_to_the_first_failure, &STREAMS));
        pauses.push(lines[0].0);
        pauses.extend(lines.windows(2).map(|two| two[1].0 - two[0].0));
    }
    pauses.sort_unstable();
    let (first, last) = (pauses[0], pauses[pauses.len() - 1]);
    assert!(first < 20 && (280..=300).contains(&last), "{pauses:?}");
}

#[test]
fn what_is_not_acknowledged_is_relayed_again() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let every_other_call = |answers: &[Result<(), _>]| {
        if CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { 0 } else { answers.len() }
    };
    let simulation = relay(1, Faults::NONE, every_other_call, &STREAMS);
    assert!(simulation.run_log().times.values().any(|times| *times > 1));
    let answers = [Ok(()), Err("no socket".into()), Ok(())];
    assert_eq!([0, 1, 2, 3].map(|count| up_to_the_first_failure(&answers[..count])), [0, 1, 1, 1]);
}

#[test]
fn the_relay_is_killed_at_an_await_or_after_a_minute() {
    let killed = |faults| {
        let lines = (0..20).flat_map(|seed| lines(&relay(seed, faults, up_to_the_first_failure, &["a"])));
        lines.filter(|(_, what)| what == "killed").count()
    };
    assert_eq!(killed(Faults::NONE), 0);
    assert!(killed(Faults { killed: 0.5, ..Faults::NONE }) > 0);
    assert!(killed(Faults { slow: 1.0, ..Faults::NONE }) > 0, "slow calls take longer than a minute together");
}
