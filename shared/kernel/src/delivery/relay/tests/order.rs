//! The order of a stream, whatever fails and whatever comes in which order.

use std::collections::BTreeSet;

use super::failures::{Trouble, Troubled, busy, commit, stream};
use crate::message::id::MessageId;

/// The versions of a stream in the order they were taken.
fn versions(simulation: &Troubled, id: &str) -> Vec<u64> {
    let taken = simulation.envelopes();
    taken.iter().filter(|envelope| envelope.aggregate_id == id).filter_map(|envelope| envelope.version).collect()
}

fn done(simulation: &Troubled, commits: &[crate::log::commit::Commit]) -> Vec<bool> {
    simulation.relay(commits).iter().map(Result::is_ok).collect()
}

#[test]
fn a_commit_says_its_events_then_what_it_sends() {
    let simulation = Troubled::by(Trouble::default());
    assert_eq!(done(&simulation, &[busy("a")]), [true]);
    assert_eq!(simulation.taken(), ["a 1", "a 2", "ward DimLamp", "ward LightLamp"]);
    let commit = busy("a");
    let envelopes = simulation.envelopes();
    let ids: Vec<&MessageId> = envelopes.iter().map(|envelope| &envelope.event_id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(*ids[0], commit.id.event(0));
    assert_eq!(envelopes[0].metadata, commit.metadata);
    assert_eq!(envelopes[2].metadata.causation_id, commit.id.event(0), "what is sent follows from the fact");
    assert_eq!(envelopes[2].metadata.hops, commit.metadata.hops + 1);
    assert_eq!(done(&simulation, &[]), [] as [bool; 0]);
}

#[test]
fn a_repeat_says_the_same_messages() {
    let (first, second) = (Troubled::by(Trouble::default()), Troubled::by(Trouble::default()));
    first.relay(&[busy("a")]);
    second.relay(&[busy("a")]);
    let told = |simulation: &Troubled| serde_json::to_string(&simulation.envelopes()).unwrap();
    assert_eq!(told(&first), told(&second));
}

#[test]
fn commits_of_a_stream_are_said_by_version_however_they_come() {
    let commits = [commit("a", 4, 1), commit("b", 1, 2), commit("a", 1, 3), commit("b", 3, 1), commit("a", 5, 2)];
    let simulation = Troubled::by(Trouble::default());
    assert_eq!(done(&simulation, &commits), [true; 5]);
    assert_eq!(versions(&simulation, "a"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(versions(&simulation, "b"), [1, 2, 3]);
}

#[test]
fn a_passing_failure_at_any_entry_loses_and_swaps_nothing() {
    let commits = [busy("a"), commit("b", 1, 3), commit("a", 3, 2), commit("c", 1, 1)];
    for first in 0..14 {
        for second in first..14 {
            let simulation = Troubled::by(Trouble { passing: [first, second].into(), ..Trouble::default() });
            assert_eq!(done(&simulation, &commits), [true; 4]);
            assert_eq!(versions(&simulation, "a"), [1, 2, 3, 4], "after failures at {first} and {second}");
            assert_eq!(versions(&simulation, "b"), [1, 2, 3], "after failures at {first} and {second}");
            assert_eq!(versions(&simulation, "c"), [1]);
            assert_eq!(simulation.envelopes().len(), 10, "what is taken is not said again");
            let taken = simulation.taken();
            let place = |told: &str| taken.iter().position(|taken| taken == told).unwrap();
            assert!(place("a 2") < place("ward DimLamp") && place("ward DimLamp") < place("a 3"));
        }
    }
}

#[test]
fn a_blocked_stream_holds_back_itself_and_no_other() {
    let commits = [commit("a", 1, 1), commit("b", 1, 1), commit("a", 2, 1), commit("b", 2, 2)];
    let simulation = Troubled::by(Trouble { blocked: Some(stream("a")), ..Trouble::default() });
    let answers = simulation.relay(&commits);
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false, true]);
    assert_eq!(simulation.taken(), ["b 1", "b 2", "b 3"]);
    let reasons: Vec<String> = answers.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    assert_eq!(reasons, ["blocked", "an earlier commit of the stream is not out"]);
}

#[test]
fn a_long_stream_goes_on_when_another_is_given_up() {
    let commits = [commit("a", 1, 1), commit("b", 1, 40), commit("b", 41, 40)];
    let simulation = Troubled::by(Trouble { blocked: Some(stream("a")), ..Trouble::default() });
    assert_eq!(done(&simulation, &commits), [false, true, true]);
    assert_eq!(versions(&simulation, "b"), (1..=80).collect::<Vec<u64>>());
}

#[test]
fn a_later_stage_waits_for_an_earlier_one_that_fails() {
    // What is sent goes to a stream whose messages are not taken: the next version waits.
    let simulation = Troubled::by(Trouble { blocked: Some(stream("ward")), ..Trouble::default() });
    assert_eq!(done(&simulation, &[busy("a"), commit("a", 3, 1)]), [false, false]);
    assert_eq!(simulation.taken(), ["a 1", "a 2"]);
    assert!(simulation.memory.timers.pending().is_empty(), "timers come last");
}
