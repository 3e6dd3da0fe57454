//! The comparison can fail: each planted bug is found.

use super::world::{Bug, run};

/// The number of random runs in which a bug is to be found.
const CASES: u64 = 300;

/// The comparison finds the bug and describes it with these words.
fn caught(bug: Bug, words: &str) {
    let broken: Vec<String> = (0..CASES).filter_map(|seed| run(seed, Some(bug)).err()).collect();
    assert!(broken.iter().any(|broken| broken.contains(words)), "not found in {CASES} runs: {broken:?}");
}

#[test]
fn a_gap_between_what_is_stored_and_what_is_appended_is_found() {
    caught(Bug::GapAtSwitch, "instead of Some(");
}

#[test]
fn an_event_that_is_delivered_twice_at_the_switch_is_found() {
    caught(Bug::TwiceAtSwitch, "instead of ");
}

#[test]
fn a_queue_without_bound_is_found() {
    caught(Bug::UnboundedQueue, "the bound");
}

#[test]
fn an_event_that_is_lost_with_a_dropped_next_is_found() {
    caught(Bug::LostOnDrop, "instead of Some(");
}

#[test]
fn a_subscription_that_is_kept_after_its_drop_is_found() {
    caught(Bug::SubscriptionKept, "wait forever");
}

#[test]
fn an_append_that_goes_on_after_a_kill_is_found() {
    caught(Bug::AppendGoesOn, "is appended twice");
}

#[test]
fn a_checkpoint_before_the_handling_is_found() {
    caught(Bug::CheckpointBeforeHandling, "has handled");
}
