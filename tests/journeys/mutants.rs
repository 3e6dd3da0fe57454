//! Ten planted bugs: houses with one thing wrong, each of which the stories must catch, to prove that they catch.
//! They are other ports and other handlers in the place of the right ones; the production code has no switch.

mod bus;
mod inbox;
mod log;
mod rules;
mod views;

use super::{
    scenario::{Plant, nothing, tell},
    seeds::{SEEDS, first_broken},
};

/// The bug is caught at some seed, and the same seed without it is clean.
#[expect(clippy::print_stdout, reason = "which seed caught it, and by what")]
fn caught(plant: Plant) {
    let found = first_broken(SEEDS, |seed| tell(seed, plant, false).0);
    let (seed, broken) = found.expect("a net that catches this bug");
    println!("caught at seed {seed}:\n  {}", broken.join("\n  "));
    let clean = tell(seed, nothing, false).0;
    assert!(clean.is_empty(), "seed {seed} is broken without the bug: {}", clean.join("\n"));
}

#[test]
fn an_append_without_condition_is_caught() {
    caught(log::without_condition);
}

#[test]
fn an_own_retry_taken_for_a_conflict_is_caught() {
    caught(log::own_retry_taken_for_a_conflict);
}

#[test]
fn a_stale_carried_state_that_is_trusted_is_caught() {
    caught(log::stale_state_trusted);
}

#[test]
fn an_inbox_after_the_effect_is_caught() {
    caught(inbox::after_the_effect);
}

#[test]
fn an_inbox_that_goes_by_the_id_of_the_bus_is_caught() {
    caught(inbox::by_the_id_of_the_bus);
}

#[test]
fn failed_entries_that_are_ignored_are_caught() {
    caught(bus::failed_entries_ignored);
}

#[test]
fn a_batch_that_is_acknowledged_as_a_whole_is_caught() {
    caught(bus::whole_batch_acknowledged);
}

#[test]
fn a_gap_that_is_skipped_is_caught() {
    caught(views::gap_skipped);
}

#[test]
fn a_timer_that_asks_nobody_is_caught() {
    caught(rules::timer_without_check);
}

#[test]
fn a_step_that_is_undone_twice_is_caught() {
    caught(rules::compensation_twice);
}
