//! What must hold of log and bus, whatever the business: places, ids, order, and that nothing goes silently.

use std::collections::{BTreeMap, BTreeSet};

use causeway::{Handled, log::event_store::check_contiguous, message::envelope::Envelope};

use super::final_state::FinalState;

/// What does not hold.
pub(crate) fn broken(end: &FinalState) -> Vec<String> {
    let mut broken = Vec::new();
    if !end.quiet {
        broken.push("the house does not come to rest".to_owned());
    }
    for (stream, commits) in &end.streams {
        if let Err(error) = check_contiguous(stream, 1, commits) {
            broken.push(error.to_string());
        }
    }
    broken.extend(lost_commits(end));
    broken.extend(ids(end));
    broken.extend(unsaid(end));
    broken.extend(order(end));
    broken.extend(deliveries(end));
    broken.extend(rejected_although_obeyed(end));
    if !end.timers.is_empty() {
        broken.push(format!("{} timers are left", end.timers.len()));
    }
    broken
}

/// What was once written is there for ever.
fn lost_commits(end: &FinalState) -> Vec<String> {
    let there: BTreeSet<String> = end.streams.values().flatten().map(|commit| commit.id.event(0).to_string()).collect();
    let lost = end.appended.iter().filter(|commit| !there.contains(commit.id.event(0).as_str()));
    lost.map(|commit| format!("{} version {} was overwritten", commit.stream, commit.version)).collect()
}

/// One event id once.
fn ids(end: &FinalState) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let envelopes = end.appended.iter().flat_map(said_by);
    let twice = envelopes.filter(|envelope| !seen.insert(envelope.event_id.clone()));
    twice.map(|envelope| format!("id {} stands twice", envelope.event_id)).collect()
}

/// What the log holds the bus has heard.
fn unsaid(end: &FinalState) -> Vec<String> {
    let envelopes = end.appended.iter().flat_map(said_by);
    let unsaid = envelopes.filter(|envelope| !end.run_log.times.contains_key(&envelope.event_id));
    unsaid
        .map(|envelope| {
            let Envelope { event_type, aggregate_type, aggregate_id, .. } = envelope;
            format!("{event_type} of {aggregate_type}/{aggregate_id} was never said")
        })
        .collect()
}

fn said_by(commit: &causeway::log::commit::Commit) -> Vec<Envelope> {
    let events = (0..commit.events.len()).filter_map(|index| commit.event_envelope(index));
    let sends = (0..commit.sends.len()).filter_map(|index| commit.send_envelope(index));
    events.chain(sends).collect()
}

/// No later version is said before an earlier one.
fn order(end: &FinalState) -> Vec<String> {
    let order = end.run_log.order_of().into_iter();
    let wrong = order.filter(|(_, versions)| !versions.is_sorted());
    wrong.map(|(stream, versions)| format!("{stream} was said in the order {versions:?}")).collect()
}

/// Each delivery is handled, or is a dead letter with its reason.
fn deliveries(end: &FinalState) -> Vec<String> {
    let mut broken = end.run_log.stuck.clone();
    if end.run_log.deliveries != end.run_log.ends.len() as u64 {
        broken.push(format!("{} deliveries, {} ends", end.run_log.deliveries, end.run_log.ends.len()));
    }
    let letters: BTreeSet<(String, String)> = end
        .letters
        .iter()
        .map(|letter| {
            let message: serde_json::Value = serde_json::from_str(letter.message.get()).unwrap();
            (letter.consumer.clone(), message["id"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    for buried in end.run_log.ends.iter().filter(|end| end.handled == Handled::DeadLettered) {
        if !letters.contains(&(buried.function.clone(), buried.delivery.clone())) {
            broken.push(format!("{} buried {} without a letter", buried.function, buried.delivery));
        }
    }
    let reasonless = end.letters.iter().filter(|letter| letter.reason.is_empty() || letter.explanation.is_empty());
    broken.extend(reasonless.map(|letter| format!("a letter of {} has no reason", letter.consumer)));
    broken
}

/// The rule by which a copy that came too early is refused; a later copy may be obeyed.
const TOO_EARLY: &str = "NotPlaced";

/// A command is obeyed or rejected, never both, and obeyed by a stream at most once.
fn rejected_although_obeyed(end: &FinalState) -> Vec<String> {
    let mut handled_at = BTreeMap::new();
    let mut broken = Vec::new();
    for commit in end.streams.values().flatten() {
        let key = (commit.stream.to_string(), commit.command.to_string());
        if handled_at.insert(key.clone(), commit.version).is_some() {
            broken.push(format!("{} handled_at command {} twice", key.0, key.1));
        }
    }
    for entry in end.run_log.published.iter().filter(|entry| entry.envelope.event_type == "CommandRejected") {
        let rejected: causeway::message::system::CommandRejected =
            serde_json::from_str(entry.envelope.data.get()).unwrap();
        if rejected.rule != TOO_EARLY
            && handled_at.contains_key(&(rejected.stream.clone(), rejected.command_id.to_string()))
        {
            broken.push(format!("{} handled_at and rejected {}", rejected.stream, rejected.command));
        }
    }
    broken
}
