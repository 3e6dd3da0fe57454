//! The relay on a bus, timers and dead letters that fail: order is kept, nothing is lost.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    MessageId,
    delivery::{Bus, DeadLetterError, DeadLetters, source_of},
    log::{Append, EventStore, Send, SnapshotPolicy},
    memory::Memory,
    message::Envelope,
    testing::tests::{SpyStore, commit_of, message, noon},
    time::{Clock, Pending, Timers},
};

/// The faults: by the index of an entry, or for all entries of a stream.
#[derive(Clone, Debug, Default)]
struct PortFaults {
    transient: BTreeSet<usize>,
    permanent: BTreeSet<usize>,
    blocked: Option<StreamId>,
    truncated: bool,
    timer_errors: usize,
    timers_refused: bool,
    dead_letter_errors: usize,
}

/// In-memory ports with faults.
#[derive(Clone)]
struct FaultyPorts {
    memory: Memory,
    errors: Arc<Mutex<PortFaults>>,
    accepted: Arc<Mutex<(usize, Vec<Envelope>)>>,
}

impl FaultyPorts {
    fn without_faults() -> Self {
        Self::with(PortFaults::default())
    }

    fn with(errors: PortFaults) -> Self {
        Self { memory: Memory::new(1), errors: Arc::new(Mutex::new(errors)), accepted: Arc::default() }
    }

    fn relay(&self, commits: &[Commit]) -> Vec<Result<(), BoxError>> {
        let me = Arc::new(self.clone());
        let ports = Ports { bus: me.clone(), timers: me.clone(), dead_letters: me, ..self.memory.ports() };
        block_on(relay(&ports, commits.to_vec()))
    }

    /// The accepted entries, each as `<stream> <version or name>`.
    fn accepted(&self) -> Vec<String> {
        let text_of = |envelope: &Envelope| {
            let place = envelope.version.map_or(envelope.event_type.clone(), |version| version.to_string());
            format!("{} {place}", envelope.aggregate_id)
        };
        self.accepted.lock().unwrap().1.iter().map(text_of).collect()
    }

    fn envelopes(&self) -> Vec<Envelope> {
        self.accepted.lock().unwrap().1.clone()
    }
}

#[async_trait]
impl Bus for FaultyPorts {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let errors = self.errors.lock().unwrap().clone();
        let mut taken = self.accepted.lock().unwrap();
        let mut outcomes = Vec::new();
        for entry in entries {
            if entry.source == source_of("system") {
                // A report of a dead letter.
                outcomes.push(PublishOutcome::Accepted);
                continue;
            }
            let at = taken.0;
            taken.0 += 1;
            let stream = format!("{}/{}", entry.envelope.aggregate_type, entry.envelope.aggregate_id);
            if errors.blocked.as_ref().is_some_and(|blocked| blocked.to_string() == stream) {
                outcomes.push(PublishOutcome::Transient("blocked".into()));
            } else if errors.transient.contains(&at) {
                outcomes.push(PublishOutcome::Transient("throttled".into()));
            } else if errors.permanent.contains(&at) {
                outcomes.push(PublishOutcome::Permanent {
                    code: "MalformedDetail".to_owned(),
                    reason: "not liked".to_owned(),
                });
            } else {
                taken.1.push(entry.envelope.clone());
                outcomes.push(PublishOutcome::Accepted);
            }
        }
        if errors.truncated {
            outcomes.truncate(1);
        }
        outcomes
    }
}

#[async_trait]
impl Timers for FaultyPorts {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        let errors = self.errors.lock().unwrap().clone();
        if errors.timers_refused {
            return Err(TimerError::Refused { code: "ValidationException".to_owned(), reason: "too far".to_owned() });
        }
        if errors.timer_errors > 0 {
            self.errors.lock().unwrap().timer_errors -= 1;
            return Err(TimerError::Unavailable("throttled".into()));
        }
        self.memory.timers.set(timer).await
    }

    async fn cancel(&self, key: &TimerKey, version: u64) -> Result<(), TimerError> {
        if self.errors.lock().unwrap().timers_refused {
            return Err(TimerError::Refused { code: "ValidationException".to_owned(), reason: "no such".to_owned() });
        }
        self.memory.timers.cancel(key, version).await
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.memory.timers.list().await
    }
}

#[async_trait]
impl DeadLetters for FaultyPorts {
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let fail = self.errors.lock().unwrap().dead_letter_errors > 0;
        if fail {
            self.errors.lock().unwrap().dead_letter_errors -= 1;
            return Err(DeadLetterError { consumer: dead_letter.consumer.clone(), source: "throttled".into() });
        }
        self.memory.dead_letters.keep(dead_letter).await
    }
}

fn stream(id: &str) -> StreamId {
    StreamId::parse(&format!("lamp/{id}")).unwrap()
}

/// A commit of this many events.
fn commit(id: &str, version: u64, events: usize) -> Commit {
    let events = (0..events).map(|_| message("LampFed", &json!({ "drops": 1 }))).collect();
    commit_of(&stream(id), version, &format!("c-{version}"), events)
}

/// A commit of two events that sends two commands, sets a timer and cancels another.
fn busy(id: &str) -> Commit {
    let send = |name: &str| Send { to: stream("ward"), message: message(name, &json!({})) };
    let due = noon() + SignedDuration::from_hours(1);
    let timers = vec![
        TimerChange::Cancel { name: "old".to_owned() },
        TimerChange::Set { name: "dusk".to_owned(), due, message: message("DimLamp", &json!({})) },
    ];
    Commit { sends: vec![send("DimLamp"), send("LightLamp")], timers, ..commit(id, 1, 2) }
}

#[test]
fn a_permanent_outcome_is_dead_lettered_and_the_rest_published() {
    for index in 0..4 {
        let ports = FaultyPorts::with(PortFaults { permanent: [index].into(), ..PortFaults::default() });
        assert!(ports.relay(&[busy("a")]).iter().all(Result::is_ok));
        assert_eq!(ports.envelopes().len(), 3);
        let dead_letters = ports.memory.dead_letters.all();
        let [dead_letter] = dead_letters.as_slice() else { panic!("one dead letter, not {dead_letters:?}") };
        assert_eq!((dead_letter.reason.as_str(), dead_letter.explanation.as_str()), ("MalformedDetail", "not liked"));
        assert_eq!((dead_letter.consumer.as_str(), dead_letter.at), ("relay", ports.memory.clock.now()));
        let kept: crate::Delivery = serde_json::from_str(dead_letter.message.get()).unwrap();
        let taken = ports.envelopes();
        assert!(
            taken.iter().all(|envelope| envelope.event_id.as_str() != kept.id),
            "the refused entry is the one that is dead-lettered"
        );
        assert_eq!(ports.memory.timers.pending().len(), 1);
    }
}

#[test]
fn an_entry_that_cannot_be_dead_lettered_fails_its_commit() {
    let ports =
        FaultyPorts::with(PortFaults { permanent: [0, 1].into(), dead_letter_errors: 1, ..PortFaults::default() });
    assert!(ports.relay(&[commit("a", 1, 1)])[0].is_ok());
    assert_eq!(ports.memory.dead_letters.all().len(), 1);
    let ports =
        FaultyPorts::with(PortFaults { permanent: (0..50).collect(), dead_letter_errors: 50, ..PortFaults::default() });
    assert!(ports.relay(&[commit("a", 1, 1)])[0].is_err(), "the commit fails, so that it is relayed again");
}

#[test]
fn timers_are_set_and_cancelled_after_all_messages() {
    let ports = FaultyPorts::with(PortFaults { timer_errors: 3, ..PortFaults::default() });
    let old = Timer::of(&busy("a"), "old", noon(), &message("DimLamp", &json!({})));
    block_on(ports.memory.timers.set(&old)).unwrap();
    assert!(ports.relay(&[busy("a")])[0].is_ok(), "a failing timer is retried");
    let pending = ports.memory.timers.pending();
    let [timer] = pending.as_slice() else { panic!("one timer, not {pending:?}") };
    assert_eq!((timer.key.name.as_str(), &timer.key.stream), ("dusk", &stream("a")));
    assert_eq!((timer.due, timer.envelope.timestamp), (noon() + SignedDuration::from_hours(1), timer.due));
    assert_eq!(timer.envelope.metadata.causation_id, busy("a").id.event(0));
    let repeat = FaultyPorts::without_faults();
    repeat.relay(&[busy("a")]);
    assert_eq!(
        repeat.memory.timers.pending()[0].envelope.event_id,
        timer.envelope.event_id,
        "a repeat has the same id"
    );
}

#[test]
fn failing_timers_fail_the_commit() {
    let ports = FaultyPorts::with(PortFaults { timer_errors: usize::MAX, ..PortFaults::default() });
    let answers = ports.relay(&[busy("a"), commit("a", 3, 1), commit("b", 1, 1)]);
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, true]);
    assert!(!ports.accepted().contains(&"a 3".to_owned()));
}

#[test]
fn a_refused_timer_is_dead_lettered_with_its_message() {
    let ports = FaultyPorts::with(PortFaults { timers_refused: true, ..PortFaults::default() });
    assert!(ports.relay(&[busy("a"), commit("a", 3, 1)]).iter().all(Result::is_ok));
    let dead_letters = ports.memory.dead_letters.all();
    assert_eq!(dead_letters.len(), 1, "a refused cancellation has no message");
    assert_eq!(dead_letters[0].reason, "ValidationException");
    assert_eq!(dead_letters[0].explanation, "timer dusk: too far");
    assert!(dead_letters[0].message.get().contains("DimLamp"));
}

#[test]
fn an_entry_without_an_outcome_is_published_again() {
    let ports = FaultyPorts::with(PortFaults { truncated: true, ..PortFaults::default() });
    let answers = ports.relay(&[commit("a", 1, 1), commit("b", 1, 1), commit("c", 1, 1)]);
    assert!(answers.iter().all(Result::is_ok), "each is published until it has an outcome");
    assert!(ports.accepted().len() > 3);
}

#[test]
fn for_the_timer_of_an_old_commit_the_log_behind_it_is_read() {
    let due = noon() + SignedDuration::from_hours(48);
    let timers = vec![TimerChange::Set { name: "dusk".to_owned(), due, message: message("DimLamp", &json!({})) }];
    let commit = Commit { timers, ..commit("a", 1, 2) };
    for (age, reads) in [(REPEAT_AGE - SignedDuration::from_nanos(1), vec![]), (REPEAT_AGE, vec!["lamp/a since 3"])] {
        let memory = Memory::new(1);
        memory.clock.set(commit.at + age);
        let append = Append { commit: &commit, snapshot: SnapshotPolicy::IfFree, once: false };
        block_on(memory.store.append(append)).unwrap();
        let store = SpyStore::on(&memory);
        let ports = Ports { store: store.clone(), ..memory.ports() };
        assert!(block_on(relay(&ports, vec![commit.clone()]))[0].is_ok());
        assert_eq!(store.take_reads(), reads);
        assert_eq!(memory.timers.pending().len(), 1);
    }
}

/// The versions of a stream in the order they were accepted.
fn versions(ports: &FaultyPorts, id: &str) -> Vec<u64> {
    let taken = ports.envelopes();
    taken.iter().filter(|envelope| envelope.aggregate_id == id).filter_map(|envelope| envelope.version).collect()
}

fn done(ports: &FaultyPorts, commits: &[crate::log::commit::Commit]) -> Vec<bool> {
    ports.relay(commits).iter().map(Result::is_ok).collect()
}

#[test]
fn a_commit_publishes_its_events_before_the_messages_it_sends() {
    let ports = FaultyPorts::without_faults();
    assert_eq!(done(&ports, &[busy("a")]), [true]);
    assert_eq!(ports.accepted(), ["a 1", "a 2", "ward DimLamp", "ward LightLamp"]);
    let commit = busy("a");
    let envelopes = ports.envelopes();
    let ids: Vec<&MessageId> = envelopes.iter().map(|envelope| &envelope.event_id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(*ids[0], commit.id.event(0));
    assert_eq!(envelopes[0].metadata, commit.metadata);
    assert_eq!(envelopes[2].metadata.causation_id, commit.id.event(0), "the event is the cause of what is sent");
    assert_eq!(envelopes[2].metadata.hops, commit.metadata.hops + 1);
    assert_eq!(done(&ports, &[]), [] as [bool; 0]);
}

#[test]
fn a_repeat_publishes_the_same_messages() {
    let (first, second) = (FaultyPorts::without_faults(), FaultyPorts::without_faults());
    first.relay(&[busy("a")]);
    second.relay(&[busy("a")]);
    let json_of = |ports: &FaultyPorts| serde_json::to_string(&ports.envelopes()).unwrap();
    assert_eq!(json_of(&first), json_of(&second));
}

#[test]
fn commits_of_a_stream_are_published_by_version() {
    let commits = [commit("a", 4, 1), commit("b", 1, 2), commit("a", 1, 3), commit("b", 3, 1), commit("a", 5, 2)];
    let ports = FaultyPorts::without_faults();
    assert_eq!(done(&ports, &commits), [true; 5]);
    assert_eq!(versions(&ports, "a"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(versions(&ports, "b"), [1, 2, 3]);
}

#[test]
fn a_transient_outcome_of_any_entry_loses_and_reorders_nothing() {
    let commits = [busy("a"), commit("b", 1, 3), commit("a", 3, 2), commit("c", 1, 1)];
    for first in 0..14 {
        for second in first..14 {
            let ports = FaultyPorts::with(PortFaults { transient: [first, second].into(), ..PortFaults::default() });
            assert_eq!(done(&ports, &commits), [true; 4]);
            assert_eq!(versions(&ports, "a"), [1, 2, 3, 4], "after failures at {first} and {second}");
            assert_eq!(versions(&ports, "b"), [1, 2, 3], "after failures at {first} and {second}");
            assert_eq!(versions(&ports, "c"), [1]);
            assert_eq!(ports.envelopes().len(), 10, "an accepted entry is not published again");
            let taken = ports.accepted();
            let index_of = |text: &str| taken.iter().position(|taken| taken == text).unwrap();
            assert!(index_of("a 2") < index_of("ward DimLamp") && index_of("ward DimLamp") < index_of("a 3"));
        }
    }
}

#[test]
fn a_blocked_stream_blocks_no_other() {
    let commits = [commit("a", 1, 1), commit("b", 1, 1), commit("a", 2, 1), commit("b", 2, 2)];
    let ports = FaultyPorts::with(PortFaults { blocked: Some(stream("a")), ..PortFaults::default() });
    let answers = ports.relay(&commits);
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false, true]);
    assert_eq!(ports.accepted(), ["b 1", "b 2", "b 3"]);
    let reasons: Vec<String> = answers.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    assert_eq!(reasons, ["blocked", "an earlier commit of the stream is not published"]);
}

#[test]
fn a_long_stream_continues_when_another_fails() {
    let commits = [commit("a", 1, 1), commit("b", 1, 40), commit("b", 41, 40)];
    let ports = FaultyPorts::with(PortFaults { blocked: Some(stream("a")), ..PortFaults::default() });
    assert_eq!(done(&ports, &commits), [false, true, true]);
    assert_eq!(versions(&ports, "b"), (1..=80).collect::<Vec<u64>>());
}

#[test]
fn only_a_failing_stage_is_retried_after_a_delay() {
    for (transient, waits) in [(vec![], false), (vec![0], true)] {
        let ports =
            FaultyPorts::with(PortFaults { transient: transient.into_iter().collect(), ..PortFaults::default() });
        let start = ports.memory.clock.now();
        assert!(ports.relay(&[commit("a", 1, 2)])[0].is_ok());
        assert_eq!(ports.memory.clock.now() > start, waits);
    }
}

#[test]
fn a_stage_waits_for_a_failing_earlier_one() {
    // The sent messages are not accepted, so the next version waits.
    let ports = FaultyPorts::with(PortFaults { blocked: Some(stream("ward")), ..PortFaults::default() });
    assert_eq!(done(&ports, &[busy("a"), commit("a", 3, 1)]), [false, false]);
    assert_eq!(ports.accepted(), ["a 1", "a 2"]);
    assert!(ports.memory.timers.pending().is_empty(), "timers come last");
}
