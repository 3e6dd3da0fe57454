//! The comparison can fail: each planted bug is found.

use super::{laws::difference, run::Bug};
use crate::testing::tests::first_broken;

/// The comparison finds the bug and describes it with one of these words.
fn caught(bug: Bug, words: &[&str]) {
    let (seed, broken) = first_broken(2_000, |seed| difference(seed, Some(bug))).expect("the planted bug is not found");
    assert!(words.iter().any(|word| broken.contains(word)), "seed {seed} is broken in another way: {broken}");
}

#[test]
fn a_watermark_that_is_a_microsecond_early_is_found() {
    caught(Bug::WatermarkTooEarly, &["the deadline", "Late instead of"]);
}

#[test]
fn a_watermark_that_is_a_microsecond_late_is_found() {
    caught(Bug::WatermarkTooLate, &["the deadline", "instead of Some(Late)"]);
}

#[test]
fn a_late_fact_that_is_counted_is_found() {
    caught(Bug::LateCounted, &["has ["]);
}

#[test]
fn a_duplicate_that_is_counted_is_found() {
    caught(Bug::DuplicateCounted, &["instead of Some(Duplicate)"]);
}

#[test]
fn a_fact_of_another_key_is_found() {
    caught(Bug::KeyMixedUp, &["instead of"]);
}

#[test]
fn a_state_without_bounds_is_found() {
    caught(Bug::Unbounded, &["the bound", "instead of Some(Refused"]);
}

#[test]
fn ids_that_are_not_stored_are_found() {
    caught(Bug::IdsLostOnReload, &["instead of Some(Duplicate)"]);
}

#[test]
fn a_window_that_is_closed_twice_is_found() {
    caught(Bug::ClosedTwice, &["is changed", "closed twice"]);
}

#[test]
fn a_closed_window_that_changes_is_found() {
    caught(Bug::ClosedChanges, &["is changed", "has ["]);
}
