//! A clock that is opened again shows at least what it once showed.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::{ClockState, LONG, WAL_FILE};
use crate::clock::Clock;

fn start() -> Timestamp {
    "2026-11-21T05:00:00Z".parse().unwrap()
}

fn wal(folder: &TempDir) -> PathBuf {
    folder.path().join(WAL_FILE)
}

/// What a clock shows that is started in this folder at the world's time `now`.
fn shown_after(folder: &TempDir, now: Timestamp) -> Timestamp {
    let clock = Clock::paused(now);
    ClockState::open(Some(&wal(folder)), &clock).unwrap();
    clock.now()
}

#[test]
fn a_clock_that_was_moved_on_is_not_moved_back_by_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::paused(start());
    let shown = ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    let moved = start() + SignedDuration::from_hours(72);
    shown.will_show(moved);
    drop(shown);
    assert_eq!(shown_after(&folder, start()), moved);
    let later = moved + SignedDuration::from_hours(1);
    assert_eq!(shown_after(&folder, later), later);
}

#[test]
fn a_clock_that_ran_fast_never_showed_more_than_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::running(start(), 3_600.0);
    let shown = ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    shown.log_ahead().unwrap();
    let showed = clock.now();
    drop(shown);
    assert!(shown_after(&folder, start()) >= showed);
}

#[test]
fn a_long_journal_is_written_anew_and_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::paused(start());
    let shown = ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    let seconds = i64::try_from(LONG + LONG / 2).unwrap();
    for second in 1..=seconds {
        shown.will_show(start() + SignedDuration::from_secs(second));
    }
    drop(shown);
    assert!(std::fs::read_to_string(wal(&folder)).unwrap().lines().count() <= LONG);
    assert_eq!(shown_after(&folder, start()), start() + SignedDuration::from_secs(seconds));
}

#[test]
fn the_machines_own_clock_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::of_the_machine();
    ClockState::open(Some(&wal(&folder)), &clock).unwrap();
    assert!(clock.line().is_none());
    assert_eq!(std::fs::read(wal(&folder)).unwrap(), b"");
}
