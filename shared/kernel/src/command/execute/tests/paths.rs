//! The common ways of a command, and what they cost.

use futures::executor::block_on;

use super::conflicts::Meddler;
use crate::{
    app::App,
    command::{
        execute::{ExecuteError, Executed, MAX_EVENTS},
        snapshot::SNAPSHOT_EVERY,
    },
    failure::{Failure, Handled},
    log::event_store::SnapshotPolicy,
    memory::Memory,
    message::{envelope::Cause, system::CommandRejected},
    testing::{
        Recorder,
        tests::lamp::{Lamp, LampCommand, LampEvent, LampRejection, lamp, lit, minute},
    },
};

type Answer = Result<Executed<LampEvent>, ExecuteError<LampRejection>>;

pub(super) fn cause(command: &str) -> Cause {
    Cause::new(command.parse().unwrap(), "LightLamp")
}

pub(super) fn run(app: &App, id: &str, command: LampCommand) -> Answer {
    block_on(app.try_execute::<Lamp>(&lamp(), &command, &cause(id)))
}

pub(super) fn drip(times: u32) -> LampCommand {
    LampCommand::Drip { times }
}

pub(super) fn light(minutes: i64) -> LampCommand {
    LampCommand::Light { until: minute(minutes) }
}

pub(super) fn drops(memory: &Memory) -> u32 {
    block_on(memory.app().state::<Lamp>(&lamp())).unwrap().drops
}

#[test]
fn a_cold_command_reads_once_and_a_warm_one_not_at_all() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let app = store.app(&memory);
    let executed = run(&app, "c-1", light(10)).unwrap();
    assert_eq!(executed, Executed { events: vec![lit()], version: 1, repeated: false });
    assert_eq!(store.counted(), (1, 1));
    let executed = run(&app, "c-2", drip(3)).unwrap();
    assert_eq!((executed.events.len(), executed.version), (3, 4));
    assert_eq!(store.counted(), (0, 1), "three events are one append, and nothing is read");
    for command in 3..40 {
        run(&app, &format!("c-{command}"), drip(1)).unwrap();
    }
    store.counted();
    run(&store.app(&memory), "c-40", drip(1)).unwrap();
    assert_eq!(store.counted(), (1, 1), "a long stream is read like a short one");
    assert_eq!(drops(&memory), 41);
}

#[test]
fn what_others_wrote_is_folded_in_without_a_read() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let (mine, theirs) = (store.app(&memory), store.app(&memory));
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-2", light(10)).unwrap();
    store.counted();
    let executed = run(&mine, "c-3", drip(1)).unwrap();
    assert_eq!((executed.version, store.counted()), (3, (0, 2)));
    let state = block_on(mine.state::<Lamp>(&lamp())).unwrap();
    assert_eq!((state.drops, state.until), (2, Some(minute(10))));
}

#[test]
fn the_winner_is_part_of_what_is_decided_on() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let (mine, theirs) = (store.app(&memory), store.app(&memory));
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-2", light(10)).unwrap();
    // What is known here says that no lamp burns; the append finds out, and the rule says no.
    let answer = run(&mine, "c-3", light(11));
    assert!(matches!(answer, Err(ExecuteError::Rejected(LampRejection::Burning { until })) if until == minute(10)));
    assert_eq!(memory.store.changes(0).len(), 2);
}

#[test]
fn a_no_on_stale_knowledge_is_decided_again() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let (mine, theirs) = (store.app(&memory), store.app(&memory));
    run(&mine, "c-1", light(10)).unwrap();
    run(&theirs, "c-2", LampCommand::Dim { now: minute(10) }).unwrap();
    store.counted();
    let executed = run(&mine, "c-3", light(20)).unwrap();
    assert_eq!((executed.version, store.counted()), (3, (1, 1)));
    run(&theirs, "c-4", LampCommand::Dim { now: minute(20) }).unwrap();
    let executed = run(&mine, "c-5", light(20)).unwrap();
    assert_eq!(executed.version, 5, "to burn until then already was no news before it was dimmed");
    store.counted();
    let answer = run(&mine, "c-6", light(21));
    assert!(matches!(answer, Err(ExecuteError::Rejected(_))));
    assert_eq!(store.counted(), (1, 0), "a no is worth one read, and costs no write");
}

#[test]
fn a_no_on_a_winner_that_is_old_already_is_decided_again() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let (mine, theirs) = (store.app(&memory), store.app(&memory));
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-2", light(10)).unwrap();
    run(&theirs, "c-3", LampCommand::Dim { now: minute(10) }).unwrap();
    // The lost race shows a lamp that burns; that it was dimmed since then, only a read can tell.
    assert_eq!(run(&mine, "c-4", light(20)).unwrap().version, 4);
}

#[test]
fn a_state_rides_along_at_the_latest_every_twenty_commits() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    store.change(|book| book.never_free = true);
    let app = store.app(&memory);
    for command in 0..2 * SNAPSHOT_EVERY {
        run(&app, &format!("c-{command}"), drip(1)).unwrap();
    }
    let carries = store.book().carries;
    let must: Vec<usize> =
        (1..).zip(&carries).filter(|(_, snapshot)| **snapshot == SnapshotPolicy::Must).map(|(at, _)| at).collect();
    assert_eq!(must, [20, 40]);
    run(&app, "c-x", drip(1)).unwrap();
    let newest = memory.store.changes(0).pop().unwrap();
    assert!(newest.snapshot.is_none());
    assert_eq!(newest.snapshot_before, 40, "the newest commit says where the state is");
    store.counted();
    run(&store.app(&memory), "c-y", drip(1)).unwrap();
    assert_eq!(store.counted(), (2, 1), "a cold command then reads back to that state, once");
    assert_eq!(drops(&memory), 42);
}

#[test]
fn too_many_events_at_once_are_refused_and_nothing_is_written() {
    let memory = Memory::new(1);
    let most = u32::try_from(MAX_EVENTS).unwrap();
    run(&memory.app(), "c-1", drip(most)).unwrap();
    let error = run(&memory.app(), "c-2", drip(most + 1)).unwrap_err();
    assert!(matches!(error, ExecuteError::TooManyEvents { events: 101 }));
    assert!(matches!(Failure::from(error), Failure::Permanent(_)));
    assert_eq!(memory.store.changes(0).len(), 1);
}

#[test]
fn a_handler_hears_one_word_and_the_bus_hears_of_a_no() {
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
    let said = memory.bus.deliveries();
    assert_eq!(said[0].detail.get(), said[1].detail.get(), "a no that is said again is the same message");
    assert_eq!(memory.store.changes(0).len(), 1, "a no is not in the log");
}

#[test]
fn the_past_can_be_asked_by_version_and_by_time() {
    let memory = Memory::new(1);
    let app = memory.app();
    for (command, times) in [("c-1", 2), ("c-2", 3)] {
        run(&app, command, drip(times)).unwrap();
        memory.clock.advance(jiff::SignedDuration::from_mins(1));
    }
    let at_version = |version| block_on(app.state_at_version::<Lamp>(&lamp(), version)).unwrap().drops;
    assert_eq!([0, 1, 2, 4, 5, 99].map(at_version), [0, 1, 2, 4, 5, 5]);
    let at_time = |minutes| block_on(app.state_at_time::<Lamp>(&lamp(), minute(minutes))).unwrap().drops;
    assert_eq!([-1, 0, 1, 2].map(at_time), [0, 2, 5, 5]);
}
