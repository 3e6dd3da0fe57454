//! Lost answers, lost races and commands that come again.

use futures::executor::block_on;
use jiff::SignedDuration;

use super::{
    conflicts::Meddler,
    paths::{drip, drops, run},
};
use crate::{
    command::{execute::ExecuteError, snapshot::RECENT_COMMANDS},
    failure::Failure,
    log::event_store::{AppendError, EventStore},
    memory::Memory,
    message::id::StreamId,
    testing::tests::lamp::{LampCommand, lamp},
    time::clock::Clock,
};

#[test]
fn a_lost_answer_is_found_to_be_our_own_write() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let app = store.app(&memory);
    run(&app, "c-1", drip(1)).unwrap();
    store.change(|book| book.lose = 1);
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
fn a_winner_with_our_command_is_our_own_write() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let (mine, theirs) = (store.app(&memory), store.app(&memory));
    run(&mine, "c-1", drip(1)).unwrap();
    // The same message in two hands: the other hand was first, and this one does not know.
    run(&theirs, "c-2", drip(2)).unwrap();
    store.counted();
    let executed = run(&mine, "c-2", drip(2)).unwrap();
    assert_eq!((executed.events.len(), executed.version, executed.repeated), (2, 3, true));
    assert_eq!(store.counted(), (0, 1), "the winner's events are the answer");
    assert_eq!(drops(&memory), 3);
    run(&mine, "c-3", drip(1)).unwrap();
    assert_eq!(store.counted(), (0, 1), "and it is known from then on");
}

#[test]
fn our_own_write_is_found_behind_another_winner_too() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    let (mine, theirs) = (store.app(&memory), store.app(&memory));
    run(&mine, "c-1", drip(1)).unwrap();
    run(&theirs, "c-other", drip(1)).unwrap();
    run(&theirs, "c-2", drip(2)).unwrap();
    let executed = run(&mine, "c-2", drip(2)).unwrap();
    assert!(executed.repeated);
    assert_eq!(drops(&memory), 4);
}

#[test]
fn a_once_command_is_known_when_the_state_has_forgotten_it() {
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
    assert_eq!(drops(&memory), drops_before + 50, "another command is another drop");
}

#[test]
fn a_rival_now_and_then_is_no_obstacle() {
    for rivals in 1..8 {
        let memory = Memory::new(rivals);
        let store = Meddler::on(&memory);
        let app = store.app(&memory);
        let rivals = usize::try_from(rivals).unwrap();
        store.change(|book| book.rivals = rivals);
        let executed = run(&app, "c-1", drip(5)).unwrap();
        assert_eq!((executed.events.len(), executed.repeated), (5, false));
        assert_eq!(drops(&memory) as usize, rivals + 5, "no update is lost");
    }
}

#[test]
fn eight_lost_races_are_a_conflict_that_is_tried_later() {
    let memory = Memory::new(1);
    let store = Meddler::on(&memory);
    store.change(|book| book.rivals = usize::MAX);
    let begun = memory.clock.now();
    let error = run(&store.app(&memory), "c-1", drip(5)).unwrap_err();
    assert!(matches!(&error, ExecuteError::Conflict { losses: 8, .. }), "{error:?}");
    assert!(matches!(Failure::from(error), Failure::Transient(_)));
    assert_eq!(store.counted(), (11, 8), "three losses for nothing, then a fresh look, of two reads, each time");
    let waited = memory.clock.now().duration_since(begun);
    assert!(waited > SignedDuration::ZERO && waited <= SignedDuration::from_secs(2), "{waited:?}");
    assert_eq!(drops(&memory), 8, "only the rivals wrote");
    assert_eq!(block_on(memory.store.since(&StreamId::new("lamp", &lamp()), 1)).unwrap().len(), 8);
}
