//! Planted bugs: the laws find each of them.

use super::world::{Bug, run};

/// The most runs until a bug is found.
const RUNS: u64 = 100;

fn found(bug: Bug) -> String {
    (0..RUNS).find_map(|seed| run(seed, Some(bug)).err()).unwrap_or_default()
}

#[test]
fn a_skipped_position_is_found() {
    assert!(found(Bug::PositionSkipped).starts_with("position "), "{}", found(Bug::PositionSkipped));
}

#[test]
fn a_journal_ahead_of_its_log_is_found() {
    assert!(found(Bug::AheadOfLog).ends_with("not in the log"), "{}", found(Bug::AheadOfLog));
}

#[test]
fn a_writer_that_forgets_what_it_wrote_is_found() {
    assert!(!found(Bug::ForgetsRepeats).is_empty(), "a repeat is found");
}
