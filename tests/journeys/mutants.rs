//! Planted bugs, each of which the scenarios must find. A bug is another port or another handler in the place of the
//! right one; the production code has no switch.

mod bus;
mod inbox;
mod log;
mod rules;
mod views;

use super::{
    scenarios::{SCENARIOS, Scenario},
    seeds::first_broken,
    simulation::{Mutant, faults, no_mutant, simulate, simulate_seed},
};

/// A bug is found within so many seeds.
const SEEDS: u64 = 1000;

/// The bug is found at some seed, and the same seed without it has no breach.
fn assert_found(mutant: Mutant) {
    assert_found_by(|seed, mutant| simulate_seed(seed, mutant, false).0, mutant);
}

/// The same, with these scenarios at every seed.
fn assert_found_in(names: &[&str], mutant: Mutant) {
    let chosen: Vec<&Scenario> = SCENARIOS.iter().filter(|scenario| names.contains(&scenario.name)).collect();
    assert_eq!(chosen.len(), names.len(), "{names:?}");
    assert_found_by(|seed, mutant| simulate(seed, faults(seed), &chosen, mutant, false).0, mutant);
}

#[expect(clippy::print_stdout, reason = "the seed that found it, and the breaches")]
fn assert_found_by(simulate: impl Fn(u64, Mutant) -> Vec<String> + Sync, mutant: Mutant) {
    let found = first_broken(SEEDS, |seed| simulate(seed, mutant));
    let (seed, breaches) = found.expect("a seed that finds this bug");
    println!("found at seed {seed}:\n  {}", breaches.join("\n  "));
    let clean = simulate(seed, no_mutant);
    assert!(clean.is_empty(), "seed {seed} is breaches without the bug: {}", clean.join("\n"));
}

#[test]
fn an_append_without_condition_is_found() {
    assert_found(log::without_condition);
}

#[test]
fn an_own_retry_handled_as_a_conflict_is_found() {
    assert_found(log::own_retry_taken_for_a_conflict);
}

#[test]
fn a_stale_embedded_snapshot_that_is_trusted_is_found() {
    assert_found(log::stale_state_trusted);
}

#[test]
fn an_inbox_entry_written_after_the_effect_is_found() {
    assert_found(inbox::after_the_effect);
}

#[test]
fn an_inbox_keyed_by_the_id_of_the_bus_is_found() {
    assert_found(inbox::by_the_id_of_the_bus);
}

#[test]
fn ignored_failed_entries_are_found() {
    assert_found(bus::failed_entries_ignored);
}

#[test]
fn a_batch_acknowledged_despite_a_failed_message_is_found() {
    assert_found(bus::whole_batch_acknowledged);
}

#[test]
fn a_skipped_version_gap_in_a_view_is_found() {
    assert_found(views::gap_skipped);
}

#[test]
fn a_deadline_that_ignores_the_state_is_found() {
    assert_found(rules::timer_without_check);
}

#[test]
fn a_step_compensated_twice_is_found() {
    assert_found(rules::compensation_twice);
}

#[test]
fn a_compensation_in_the_wrong_order_is_found() {
    // A buyer gets a piece that another one still has.
    assert_found_in(&["four buyers, one piece"], rules::compensation_in_wrong_order);
}
