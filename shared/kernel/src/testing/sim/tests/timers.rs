//! When a timer fires, and which ones.

use super::*;
use crate::{
    StreamId,
    testing::tests::{envelope, minute},
    time::{Timer, TimerKey, Timers},
};

fn simulation(seed: u64, faults: Faults) -> Simulation {
    Simulation::new(Plan { traced: true, ..Plan::new(seed, faults, Vec::new(), &Memory::new(seed)) })
}

/// A timer of this stream and name that publishes `message`.
fn timer(stream: &str, name: &str, minutes: i64, message: &str) -> Timer {
    let stream = StreamId::parse(stream).unwrap();
    let envelope = envelope(&stream, message, &json!({}));
    let key = TimerKey { stream, name: name.to_owned() };
    Timer { key, version: 1, due: minute(0) + SignedDuration::from_mins(minutes), envelope }
}

/// Sets these timers, cancels those of these names, and runs to the end.
fn run_timers(simulation: &Simulation, set: &[Timer], cancelled: &[&str]) {
    let timers = simulation.timers().clone();
    let (set, cancelled) = (set.to_vec(), cancelled.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>());
    simulation.schedule().spawn(async move {
        for timer in &set {
            timers.set(timer).await.unwrap();
        }
        for timer in set.iter().filter(|timer| cancelled.contains(&timer.key.name)) {
            timers.cancel(&timer.key, 1).await.unwrap();
        }
    });
    simulation.run().unwrap();
    assert!(simulation.timers().pending().is_empty());
}

/// When each message was published, in seconds after the beginning.
fn published(simulation: &Simulation) -> Vec<(String, i64)> {
    let line = |line: &String| {
        let mut words = line.split(' ');
        let at: Timestamp = words.next()?.parse().ok()?;
        (words.next()? == "published").then_some(())?;
        Some((words.next()?.to_owned(), at.duration_since(minute(0)).as_secs()))
    };
    simulation.run_log().trace.iter().filter_map(line).collect()
}

#[test]
fn a_timer_fires_in_the_minute_after_it_is_due() {
    let mut late = Vec::new();
    for seed in 0..100 {
        for (minutes, due) in [(10, 600), (-10, 0)] {
            let simulation = simulation(seed, Faults::NONE);
            run_timers(&simulation, &[timer("lamp/l-1", "dusk", minutes, "DimLamp")], &[]);
            let [(name, at)] = published(&simulation).try_into().expect("it fires once");
            assert_eq!((name.as_str(), simulation.run_log().fired), ("DimLamp", 1));
            late.push(at - due);
        }
    }
    late.sort_unstable();
    assert!((0..5).contains(&late[0]) && (55..=60).contains(&late[199]), "{late:?}");
}

#[test]
fn a_cancelled_or_replaced_timer_fires_only_as_a_stale_one() {
    let dusk = || timer("lamp/l-1", "dusk", 10, "DimLamp");
    let others = [timer("lamp/l-1", "dawn", 10, "LightLamp"), timer("lamp/l-2", "dusk", 10, "LightLamp")];
    let moved = Timer { version: 2, ..timer("lamp/l-1", "dusk", 20, "DimLamp") };
    let replaced = timer("lamp/l-1", "dusk", 10, "BreakLamp");
    let cases = [
        (vec![dusk(), others[0].clone()], vec!["dusk"], vec!["LightLamp"]),
        (vec![dusk(), others[1].clone(), moved.clone()], vec![], vec!["LightLamp", "DimLamp"]),
        (vec![dusk(), replaced], vec![], vec!["BreakLamp"]),
        (vec![dusk(), moved], vec![], vec!["DimLamp"]),
    ];
    let stale = Faults { stale_timers: 1.0, ..Faults::NONE };
    for (set, cancelled, expected) in cases {
        let names = |faults| {
            let simulation = simulation(1, faults);
            run_timers(&simulation, &set, &cancelled);
            published(&simulation).into_iter().map(|(name, _)| name).collect::<Vec<String>>()
        };
        assert_eq!(names(Faults::NONE), expected);
        assert_eq!(names(stale).len(), set.len(), "each timer fires, also the old one");
    }
}

#[test]
fn a_timer_is_pending_until_it_fires() {
    let simulation = simulation(1, Faults::NONE);
    futures::executor::block_on(simulation.timers().set(&timer("lamp/l-1", "dusk", 10, "DimLamp"))).unwrap();
    assert_eq!(simulation.timers().pending().len(), 1);
    simulation.run().unwrap();
    assert!(simulation.timers().pending().is_empty());
}

#[test]
fn a_doubled_timer_publishes_again_within_five_minutes() {
    let doubled = Faults { doubled: 1.0, ..Faults::NONE };
    let mut pauses = Vec::new();
    for seed in 0..60 {
        let simulation = simulation(seed, doubled);
        run_timers(&simulation, &[timer("lamp/l-1", "dusk", 10, "DimLamp")], &[]);
        let [(_, first), (_, second)] = published(&simulation).try_into().expect("it publishes twice");
        assert_eq!((simulation.run_log().fired, simulation.run_log().published.len()), (1, 1));
        pauses.push(second - first);
    }
    pauses.sort_unstable();
    assert!((0..30).contains(&pauses[0]) && (270..=300).contains(&pauses[59]), "{pauses:?}");
}
