//! The write path on a log that records its calls: what a command costs, conflicts, lost answers and repeats.

use std::sync::Arc;

use futures::executor::block_on;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::{
    App, Handled,
    command::RECENT_COMMANDS,
    log::{EventStore, Moment},
    memory::{Memory, MemoryIds},
    message::CommandRejected,
    testing::{
        Recorder,
        tests::{Lamp, LampCommand, LampEvent, LampFed, LampRejection, SpyStore, lamp, lit, minute},
    },
    time::{Clock, Ids},
};

type Answer = Result<Executed<LampEvent>, ExecuteError<LampRejection>>;

fn cause(command: &str) -> Cause {
    Cause::new(command.parse().unwrap(), "LightLamp")
}

fn run(app: &App, id: &str, command: LampCommand) -> Answer {
    block_on(app.try_execute::<Lamp>(&lamp(), &command, &cause(id)))
}

fn drip(times: u32) -> LampCommand {
    LampCommand::Drip { times }
}

fn light(minutes: i64) -> LampCommand {
    LampCommand::Light { until: minute(minutes) }
}

fn drops(memory: &Memory) -> u32 {
    block_on(memory.app().state::<Lamp>(&lamp())).unwrap().drops
}

/// Two apps with caches of their own, on one log.
fn two_processes() -> (Memory, Arc<SpyStore>, [App; 2]) {
    let memory = Memory::new(1);
    let store = SpyStore::on(&memory);
    let apps = [store.app(&memory), store.app(&memory)];
    (memory, store, apps)
}

#[test]
fn a_cold_process_reads_once_and_a_warm_one_never() {
    let (memory, store, [app, _]) = two_processes();
    let executed = run(&app, "c-1", light(10)).unwrap();
    assert_eq!(executed, Executed { events: vec![lit()], first: 1, version: 1, repeated: false });
    assert_eq!(store.take_counts(), (1, 1));
    let executed = run(&app, "c-2", drip(3)).unwrap();
    assert_eq!((executed.events.len(), executed.version), (3, 4));
    assert_eq!(store.take_counts(), (0, 1), "three events are one append, and nothing is read");
    for command in 3..40 {
        run(&app, &format!("c-{command}"), drip(1)).unwrap();
    }
    store.take_counts();
    run(&store.app(&memory), "c-40", drip(1)).unwrap();
    assert_eq!(store.take_counts(), (1, 1), "a long stream needs one read, too");
    assert_eq!(drops(&memory), 41);
}

#[test]
fn a_winning_commit_is_folded_in_without_a_read() {
    let (_, store, [mine, theirs]) = two_processes();
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-2", light(10)).unwrap();
    store.take_counts();
    let executed = run(&mine, "c-3", drip(1)).unwrap();
    assert_eq!((executed.version, store.take_counts()), (3, (0, 2)));
    let state = block_on(mine.state::<Lamp>(&lamp())).unwrap();
    assert_eq!((state.drops, state.until), (2, Some(minute(10))));
}

#[test]
fn a_command_is_decided_again_on_the_winning_commit() {
    let (memory, _, [mine, theirs]) = two_processes();
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-2", light(10)).unwrap();
    // In the cached state the lamp is not lit; the append conflicts, and the command is rejected.
    let answer = run(&mine, "c-3", light(11));
    assert!(matches!(answer, Err(ExecuteError::Rejected(LampRejection::Burning { until })) if until == minute(10)));
    assert_eq!(memory.store.changes(0).len(), 2);
}

#[test]
fn a_rejection_on_a_stale_cache_is_decided_again() {
    let (_, store, [mine, theirs]) = two_processes();
    run(&mine, "c-1", light(10)).unwrap();
    run(&theirs, "c-2", LampCommand::Dim { now: minute(10) }).unwrap();
    store.take_counts();
    let executed = run(&mine, "c-3", light(20)).unwrap();
    assert_eq!((executed.version, store.take_counts()), (3, (1, 1)));
    run(&theirs, "c-4", LampCommand::Dim { now: minute(20) }).unwrap();
    let executed = run(&mine, "c-5", light(20)).unwrap();
    assert_eq!(executed.version, 5, "in the cached state the lamp was lit until then already");
    store.take_counts();
    let answer = run(&mine, "c-6", light(21));
    assert!(matches!(answer, Err(ExecuteError::Rejected(_))));
    assert_eq!(store.take_counts(), (1, 0), "a rejection costs one read and no write");
}

#[test]
fn a_rejection_on_a_winner_that_is_not_the_newest_is_decided_again() {
    let (_, _, [mine, theirs]) = two_processes();
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-2", light(10)).unwrap();
    run(&theirs, "c-3", LampCommand::Dim { now: minute(10) }).unwrap();
    // The winning commit lights the lamp; only a read shows that it was dimmed since then.
    assert_eq!(run(&mine, "c-4", light(20)).unwrap().version, 4);
}

#[test]
fn a_snapshot_is_stored_at_the_latest_every_twenty_commits() {
    let memory = Memory::new(1);
    let store = SpyStore::on(&memory);
    store.change(|spy| spy.never_free = true);
    let app = store.app(&memory);
    for command in 0..2 * SNAPSHOT_EVERY {
        run(&app, &format!("c-{command}"), drip(1)).unwrap();
    }
    let appends = store.spy().appends;
    let must: Vec<usize> =
        (1..).zip(&appends).filter(|(_, snapshot)| **snapshot == SnapshotPolicy::Must).map(|(at, _)| at).collect();
    assert_eq!(must, [20, 40]);
    run(&app, "c-x", drip(1)).unwrap();
    let newest = memory.store.changes(0).pop().unwrap();
    assert!(newest.snapshot.is_none());
    assert_eq!(newest.snapshot_before, 40, "the newest commit names the version of the snapshot");
    store.take_counts();
    run(&store.app(&memory), "c-y", drip(1)).unwrap();
    assert_eq!(store.take_counts(), (2, 1), "a cold process then reads once more, back to the snapshot");
    assert_eq!(drops(&memory), 42);
}

#[test]
fn too_many_events_are_refused_and_nothing_is_written() {
    let memory = Memory::new(1);
    let most = u32::try_from(MAX_EVENTS).unwrap();
    run(&memory.app(), "c-1", drip(most)).unwrap();
    let error = run(&memory.app(), "c-2", drip(most + 1)).unwrap_err();
    assert!(matches!(error, ExecuteError::TooManyEvents { events: 101 }));
    assert!(matches!(Failure::from(error), Failure::Permanent(_)));
    assert_eq!(memory.store.changes(0).len(), 1);
}

#[test]
fn a_handler_gets_one_outcome_and_a_rejection_is_published() {
    let memory = Memory::new(1);
    let (app, recorder) = (memory.app(), Recorder::on_bus(&memory.bus));
    let handle = |id, command| block_on(app.execute::<Lamp>(&lamp(), &command, &cause(id))).unwrap();
    assert_eq!(handle("c-1", light(10)), Handled::Done);
    assert_eq!(handle("c-1", light(10)), Handled::Duplicate);
    assert_eq!(handle("c-2", light(11)), Handled::Rejected);
    assert_eq!(handle("c-2", light(11)), Handled::Rejected);
    recorder.expect_exactly(["CommandRejected", "CommandRejected"]);
    let rejected = recorder.expect::<CommandRejected>(|_| true);
    assert_eq!((rejected.stream.as_str(), rejected.command_id.as_str()), ("lamp/l-1", "c-2"));
    assert_eq!((rejected.rule.as_str(), rejected.command.as_str()), ("Burning", "LightLamp"));
    assert_eq!(rejected.reason, "the lamp burns until 2026-01-01T00:11:00Z".replace("11:", "10:"));
    let published = memory.bus.deliveries();
    assert_eq!(published[0].detail.get(), published[1].detail.get(), "a repeated rejection is the same message");
    assert_eq!(memory.store.changes(0).len(), 1, "a rejection is not in the log");
}

#[test]
fn a_past_state_is_read_by_version_and_by_time() {
    let memory = Memory::new(1);
    let app = memory.app();
    for (command, times) in [("c-1", 2), ("c-2", 3)] {
        run(&app, command, drip(times)).unwrap();
        memory.clock.advance(jiff::SignedDuration::from_mins(1));
    }
    let at_version = |version| block_on(app.state_at::<Lamp>(&lamp(), Moment::Version(version))).unwrap().drops;
    assert_eq!([0, 1, 2, 4, 5, 99].map(at_version), [0, 1, 2, 4, 5, 5]);
    let at_time = |minutes| block_on(app.state_at::<Lamp>(&lamp(), Moment::Time(minute(minutes)))).unwrap().drops;
    assert_eq!([-1, 0, 1, 2].map(at_time), [0, 2, 5, 5]);
}

#[test]
fn a_retry_after_a_lost_answer_returns_the_first_events() {
    let (memory, store, [app, _]) = two_processes();
    run(&app, "c-1", drip(1)).unwrap();
    store.change(|spy| spy.lost_answers = 1);
    let error = run(&app, "c-2", drip(2)).unwrap_err();
    assert!(matches!(error, ExecuteError::Append(AppendError::Unavailable(_))));
    assert!(matches!(Failure::from(error), Failure::Transient(_)));
    for app in [app, store.app(&memory)] {
        let repeat = run(&app, "c-2", drip(2)).unwrap();
        assert_eq!((repeat.events.len(), repeat.version, repeat.repeated), (2, 3, true));
    }
    assert_eq!(drops(&memory), 3);
}

#[test]
fn a_winner_with_the_same_command_is_a_repeat() {
    let (memory, store, [mine, theirs]) = two_processes();
    run(&mine, "c-1", drip(1)).unwrap();
    // Two processes execute the same command; the other one was first.
    run(&theirs, "c-2", drip(2)).unwrap();
    store.take_counts();
    let executed = run(&mine, "c-2", drip(2)).unwrap();
    assert_eq!((executed.events.len(), executed.version, executed.repeated), (2, 3, true));
    assert_eq!(store.take_counts(), (0, 1), "the winner's events are the answer");
    assert_eq!(drops(&memory), 3);
    run(&mine, "c-3", drip(1)).unwrap();
    assert_eq!(store.take_counts(), (0, 1), "and it is cached from then on");
}

#[test]
fn a_repeat_is_found_behind_another_winner() {
    let (memory, _, [mine, theirs]) = two_processes();
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-other", drip(1)).unwrap();
    run(&theirs, "c-2", drip(2)).unwrap();
    let executed = run(&mine, "c-2", drip(2)).unwrap();
    assert!(executed.repeated);
    assert_eq!(drops(&memory), 4);
}

#[test]
fn a_once_command_is_recognised_when_the_snapshot_has_dropped_it() {
    let memory = Memory::new(1);
    let app = memory.app();
    run(&app, "feed", LampCommand::Feed { drops: 50 }).unwrap();
    for command in 0..=RECENT_COMMANDS {
        run(&app, &format!("c-{command}"), drip(1)).unwrap();
    }
    let drops_before = drops(&memory);
    for app in [app, memory.app()] {
        let repeat = run(&app, "feed", LampCommand::Feed { drops: 50 }).unwrap();
        assert!(repeat.repeated);
        assert_eq!(repeat.events.len(), 1);
    }
    assert_eq!(drops(&memory), drops_before);
    run(&memory.app(), "feed-2", LampCommand::Feed { drops: 50 }).unwrap();
    assert_eq!(drops(&memory), drops_before + 50, "another command has its own effect");
}

#[test]
fn a_once_command_that_was_handled_is_not_rejected_later() {
    let memory = Memory::new(1);
    run(&memory.app(), "feed", LampCommand::Feed { drops: 50 }).unwrap();
    for command in 0..=RECENT_COMMANDS {
        run(&memory.app(), &format!("c-{command}"), drip(1)).unwrap();
    }
    let store = SpyStore::on(&memory);
    let app = store.app(&memory);
    // The rule would reject it now.
    let repeat = run(&app, "feed", LampCommand::Feed { drops: 101 }).unwrap();
    assert_eq!((repeat.repeated, repeat.events), (true, vec![LampFed { drops: 50 }.into()]));
    let rejected = run(&app, "feed-2", LampCommand::Feed { drops: 101 });
    assert!(matches!(rejected, Err(ExecuteError::Rejected(LampRejection::TooMuch { drops: 101 }))));
}

#[test]
fn a_few_conflicts_are_resolved() {
    for rivals in 1..8 {
        let memory = Memory::new(rivals);
        let store = SpyStore::on(&memory);
        let app = store.app(&memory);
        let rivals = usize::try_from(rivals).unwrap();
        store.change(|spy| spy.rivals = rivals);
        let executed = run(&app, "c-1", drip(5)).unwrap();
        assert_eq!((executed.events.len(), executed.repeated), (5, false));
        assert_eq!(drops(&memory) as usize, rivals + 5, "no update is lost");
    }
}

/// Random numbers that are always the highest, so that each delay is its bound.
struct HighestRandom(MemoryIds);

impl Ids for HighestRandom {
    fn uuid(&self, at: Timestamp) -> Uuid {
        self.0.uuid(at)
    }

    fn random(&self) -> f64 {
        1.0
    }
}

#[test]
fn the_second_conflict_waits_and_each_further_one_twice_as_long() {
    for (rivals, waited) in (1..).zip([0, 50, 150, 350, 750, 1550, 2550]) {
        let memory = Memory::new(1);
        let (store, start) = (SpyStore::on(&memory), memory.clock.now());
        store.change(|spy| spy.rivals = rivals);
        let ids = Arc::new(HighestRandom(MemoryIds::seeded(1)));
        let app = App::new(Ports { store, ids, ..memory.ports() });
        run(&app, "c-1", drip(1)).unwrap();
        assert_eq!(memory.clock.now().duration_since(start).as_millis(), waited, "after {rivals} conflicts");
    }
}

#[test]
fn eight_conflicts_are_a_transient_failure() {
    let memory = Memory::new(1);
    let store = SpyStore::on(&memory);
    store.change(|spy| spy.rivals = usize::MAX);
    let start = memory.clock.now();
    let error = run(&store.app(&memory), "c-1", drip(5)).unwrap_err();
    assert!(matches!(&error, ExecuteError::Conflict { losses: 8, .. }), "{error:?}");
    assert!(matches!(Failure::from(error), Failure::Transient(_)));
    assert_eq!(store.take_counts(), (11, 8), "the first three conflicts need no read, each further one two");
    let waited = memory.clock.now().duration_since(start);
    assert!(waited > SignedDuration::ZERO && waited <= SignedDuration::from_secs(2), "{waited:?}");
    assert_eq!(drops(&memory), 8, "only the rivals wrote");
    assert_eq!(block_on(memory.store.since(&StreamId::new("lamp", &lamp()), 1)).unwrap().len(), 8);
}
