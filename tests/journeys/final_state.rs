//! The end of a simulation: a snapshot of the shop, and what must hold of log, bus and timers besides its invariants.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::Arc,
};

use causeway::{
    Handled, StreamId,
    delivery::{AppendedEvent, CommandOutcome, CommandResult, dead_letter::DeadLetter},
    log::commit::Commit,
    memory::Memory,
    message::{
        envelope::{Envelope, Metadata},
        system::CommandRejected,
    },
    testing::sim::{Log, RunLog, Simulation},
    time::timers::Timer,
};
use causeway_local::payments::Charge;
use tests::invariants::{SentMail, Snapshot};

/// The business rules that reject a copy of a command that comes before its order, its payment, its user, the content of
/// its cart, its account or the money in it; a later copy may be handled.
const TOO_EARLY: [&str; 10] = [
    "NotPlaced",
    "NotPaid",
    "NotDelivered",
    "NotRegistered",
    "EmptyCart",
    "CartChanged",
    "NotOpened",
    "InsufficientFunds",
    "BalanceNotZero",
    "TransfersUnderWay",
];

/// The end of a simulation.
pub(crate) struct FinalState {
    pub(crate) idle: bool,
    pub(crate) snapshot: Snapshot,
    pub(crate) appended: Vec<Commit>,
    pub(crate) dead_letters: Vec<DeadLetter>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) run_log: RunLog,
    pub(crate) outcomes: Vec<CommandOutcome>,
    /// The books of the payment provider.
    pub(crate) charges: Vec<Charge>,
}

impl Deref for FinalState {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl FinalState {
    /// Runs the simulation to its end.
    pub(crate) fn of(simulation: &Simulation, log: &Arc<dyn Log>, memory: &Memory) -> Self {
        let idle = simulation.run().is_ok();
        let appended = log.changes(0);
        // Where one commit overwrote another, the log holds the later one.
        let mut streams: BTreeMap<StreamId, BTreeMap<u64, Commit>> = BTreeMap::new();
        for commit in &appended {
            streams.entry(commit.stream.clone()).or_default().insert(commit.version, commit.clone());
        }
        let streams = streams.into_iter().map(|(stream, commits)| (stream, commits.into_values().collect())).collect();
        let mails = memory.mailer.sent().into_iter().map(|mail| SentMail { to: mail.to, subject: mail.subject });
        Self {
            idle,
            snapshot: Snapshot { streams, rows: memory.views.rows(), mails: mails.collect() },
            appended,
            dead_letters: memory.dead_letters.all(),
            timers: simulation.timers().pending(),
            run_log: simulation.run_log(),
            outcomes: memory.outcomes.all(),
            charges: Vec::new(),
        }
    }

    /// Every breach of an invariant.
    pub(crate) fn breaches(&self) -> Vec<String> {
        let mut breaches: Vec<String> = self.check().into_iter().flat_map(|verdict| verdict.breaches).collect();
        if !self.idle {
            breaches.push("the simulation does not become idle".to_owned());
        }
        breaches.extend(self.lost_commits());
        breaches.extend(self.duplicate_and_unpublished_messages());
        breaches.extend(self.publish_order());
        breaches.extend(self.deliveries());
        breaches.extend(self.rejected_although_handled());
        breaches.extend(self.outcomes());
        breaches.extend(self.books());
        if !self.timers.is_empty() {
            breaches.push(format!("{} timers are left", self.timers.len()));
        }
        breaches
    }

    /// A command from outside that has appended something is done, with events that are in the log.
    fn outcomes(&self) -> Vec<String> {
        let commits = || self.streams.values().flatten();
        let appended = |commit: &Commit, event: &AppendedEvent| {
            let index = event.version.checked_sub(commit.version).and_then(|index| usize::try_from(index).ok());
            commit.stream == event.stream
                && index.and_then(|index| commit.events.get(index)).is_some_and(|it| it.name == event.name)
        };
        let mut breaches = Vec::new();
        let mut done = BTreeSet::new();
        for CommandOutcome { command_id, command, result, .. } in &self.outcomes {
            let CommandResult::Done { events, .. } = result else { continue };
            done.insert(command_id);
            for event in events {
                if !commits().any(|commit| commit.command == *command_id && appended(commit, event)) {
                    breaches.push(format!("{command} {command_id} is done with {event:?}, which is not in the log"));
                }
            }
        }
        let is_from_outside = |commit: &&Commit| {
            let Metadata { correlation_id, causation_id, hops, .. } = &commit.metadata;
            *hops == 1 && commit.command == *correlation_id && commit.command == *causation_id
        };
        for commit in commits().filter(is_from_outside) {
            // Not always with this event: if the outcome is lost with its function, and the next copy comes when the stream
            // has forgotten the command, that copy may change nothing.
            if !done.contains(&commit.command) {
                let outcome = self.outcomes.iter().find(|outcome| outcome.command_id == commit.command);
                breaches
                    .push(format!("{} v{}: its command has the outcome {outcome:?}", commit.stream, commit.version));
            }
        }
        breaches
    }

    /// For each order the books of the payment provider have what the log has.
    fn books(&self) -> Vec<String> {
        let mut paid: BTreeMap<&str, i64> = BTreeMap::new();
        for charge in &self.charges {
            *paid.entry(charge.key.as_str()).or_default() += charge.paid();
        }
        let differs = paid.into_iter().filter(|(order, paid)| self.paid(order) != *paid);
        differs
            .map(|(order, paid)| {
                format!("{paid} is paid at the provider for order/{order}, and {} in the log", self.paid(order))
            })
            .collect()
    }

    /// The messages that this type of event or command was published in.
    pub(crate) fn published(&self, name: &str) -> impl Iterator<Item = &Envelope> {
        self.run_log.published.iter().map(|entry| &entry.envelope).filter(move |envelope| envelope.event_type == name)
    }

    /// Appended commits that the log no longer holds.
    fn lost_commits(&self) -> Vec<String> {
        let stored: BTreeSet<_> = self.streams.values().flatten().map(|commit| commit.id.uuid()).collect();
        let lost = self.appended.iter().filter(|commit| !stored.contains(&commit.id.uuid()));
        lost.map(|commit| format!("{} version {} was overwritten", commit.stream, commit.version)).collect()
    }

    /// Each message of the log has an id of its own and was published.
    fn duplicate_and_unpublished_messages(&self) -> Vec<String> {
        let mut ids = BTreeSet::new();
        let mut breaches = Vec::new();
        for Envelope { event_id, event_type, aggregate_type, aggregate_id, .. } in
            self.appended.iter().flat_map(messages)
        {
            if !self.run_log.times.contains_key(&event_id) {
                breaches.push(format!("{event_type} of {aggregate_type}/{aggregate_id} was never published"));
            }
            if !ids.insert(event_id.clone()) {
                breaches.push(format!("message id {event_id} occurs twice"));
            }
        }
        breaches
    }

    /// No later version of a stream is published before an earlier one.
    fn publish_order(&self) -> Vec<String> {
        let wrong = self.run_log.order_of().into_iter().filter(|(_, versions)| !versions.is_sorted());
        wrong.map(|(stream, versions)| format!("{stream} was published in the order {versions:?}")).collect()
    }

    /// Each delivery is handled, or is a dead letter with its reason.
    fn deliveries(&self) -> Vec<String> {
        let RunLog { stuck, deliveries, ends, .. } = &self.run_log;
        let mut breaches = stuck.clone();
        if *deliveries != ends.len() as u64 {
            breaches.push(format!("{deliveries} deliveries, {} of them ended", ends.len()));
        }
        let id = |letter: &DeadLetter| {
            let message: serde_json::Value = serde_json::from_str(letter.message.get()).unwrap();
            (letter.consumer.clone(), message["id"].as_str().unwrap_or_default().to_owned())
        };
        let ids: BTreeSet<(String, String)> = self.dead_letters.iter().map(id).collect();
        for end in ends.iter().filter(|end| end.handled == Handled::DeadLettered) {
            if !ids.contains(&(end.function.clone(), end.delivery.clone())) {
                breaches.push(format!("{} dead-lettered {} without a dead letter", end.function, end.delivery));
            }
        }
        let bare = self.dead_letters.iter().filter(|letter| letter.reason.is_empty() || letter.explanation.is_empty());
        breaches.extend(bare.map(|letter| format!("a dead letter of {} has no reason", letter.consumer)));
        breaches
    }

    /// A command is handled or rejected, never both.
    fn rejected_although_handled(&self) -> Vec<String> {
        let commits = self.streams.values().flatten();
        let handled: BTreeSet<_> = commits.map(|it| (it.stream.to_string(), it.command.to_string())).collect();
        let rejections = self.published("CommandRejected").map(|it| serde_json::from_str(it.data.get()).unwrap());
        let both = rejections.filter(|rejected: &CommandRejected| {
            !TOO_EARLY.contains(&rejected.rule.as_str())
                && handled.contains(&(rejected.stream.clone(), rejected.command_id.to_string()))
        });
        both.map(|rejected| format!("{} handled and rejected {}", rejected.stream, rejected.command)).collect()
    }
}

fn messages(commit: &Commit) -> Vec<Envelope> {
    let events = (0..commit.events.len()).filter_map(|index| commit.event_envelope(index));
    let sends = (0..commit.sends.len()).filter_map(|index| commit.send_envelope(index));
    events.chain(sends).collect()
}
