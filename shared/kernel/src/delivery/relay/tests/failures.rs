//! A bus, timers and dead letters that fail as they are told, and what the relay makes of it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    app::{App, Ports},
    delivery::{
        bus::{Bus, Entry, PublishOutcome},
        dead_letter::{DeadLetter, DeadLetterError, DeadLetters},
        relay::relay,
    },
    failure::BoxError,
    log::commit::{Commit, Send, TimerChange},
    memory::Memory,
    message::{envelope::Envelope, id::StreamId},
    testing::ports::fixture::{commit_of, message, noon},
    time::{
        clock::Clock,
        timers::{Pending, Timer, TimerError, TimerKey, Timers},
    },
};

/// What goes wrong with the n-th entry that the bus gets, or with all of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Trouble {
    pub(super) passing: BTreeSet<usize>,
    pub(super) finally: BTreeSet<usize>,
    pub(super) blocked: Option<StreamId>,
    pub(super) silent: bool,
    pub(super) timers_fail: usize,
    pub(super) timers_refuse: bool,
    pub(super) letters_fail: usize,
}

/// A world in trouble.
#[derive(Clone)]
pub(super) struct Troubled {
    pub(super) memory: Memory,
    errors: Arc<Mutex<Trouble>>,
    taken: Arc<Mutex<(usize, Vec<Envelope>)>>,
}

impl Troubled {
    pub(super) fn by(errors: Trouble) -> Self {
        Self { memory: Memory::new(1), errors: Arc::new(Mutex::new(errors)), taken: Arc::default() }
    }

    pub(super) fn relay(&self, commits: &[Commit]) -> Vec<Result<(), BoxError>> {
        let me = Arc::new(self.clone());
        let ports = Ports { bus: me.clone(), timers: me.clone(), dead_letters: me, ..self.memory.ports() };
        block_on(relay(&App::new(ports), commits.to_vec()))
    }

    /// What the bus has taken, each as `<stream> <version or name>`.
    pub(super) fn taken(&self) -> Vec<String> {
        let told = |envelope: &Envelope| {
            let place = envelope.version.map_or(envelope.event_type.clone(), |version| version.to_string());
            format!("{} {place}", envelope.aggregate_id)
        };
        self.taken.lock().unwrap().1.iter().map(told).collect()
    }

    pub(super) fn envelopes(&self) -> Vec<Envelope> {
        self.taken.lock().unwrap().1.clone()
    }
}

#[async_trait]
impl Bus for Troubled {
    async fn publish(&self, entries: &[Entry]) -> Vec<PublishOutcome> {
        let errors = self.errors.lock().unwrap().clone();
        let mut taken = self.taken.lock().unwrap();
        let mut said = Vec::new();
        for entry in entries {
            let at = taken.0;
            taken.0 += 1;
            let stream = format!("{}/{}", entry.envelope.aggregate_type, entry.envelope.aggregate_id);
            if errors.blocked.as_ref().is_some_and(|blocked| blocked.to_string() == stream) {
                said.push(PublishOutcome::Transient("blocked".into()));
            } else if errors.passing.contains(&at) {
                said.push(PublishOutcome::Transient("throttled".into()));
            } else if errors.finally.contains(&at) {
                said.push(PublishOutcome::Permanent {
                    code: "MalformedDetail".to_owned(),
                    reason: "not liked".to_owned(),
                });
            } else {
                taken.1.push(entry.envelope.clone());
                said.push(PublishOutcome::Accepted);
            }
        }
        if errors.silent {
            said.truncate(1);
        }
        said
    }
}

#[async_trait]
impl Timers for Troubled {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        let errors = self.errors.lock().unwrap().clone();
        if errors.timers_refuse {
            return Err(TimerError::Refused { code: "ValidationException".to_owned(), reason: "too far".to_owned() });
        }
        if errors.timers_fail > 0 {
            self.errors.lock().unwrap().timers_fail -= 1;
            return Err(TimerError::Unavailable("throttled".into()));
        }
        self.memory.timers.set(timer).await
    }

    async fn cancel(&self, key: &TimerKey) -> Result<(), TimerError> {
        self.memory.timers.cancel(key).await
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.memory.timers.list().await
    }
}

#[async_trait]
impl DeadLetters for Troubled {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        let fail = self.errors.lock().unwrap().letters_fail > 0;
        if fail {
            self.errors.lock().unwrap().letters_fail -= 1;
            return Err(DeadLetterError { consumer: letter.consumer.clone(), source: "throttled".into() });
        }
        self.memory.dead_letters.keep(letter).await
    }
}

pub(super) fn stream(id: &str) -> StreamId {
    StreamId::parse(&format!("lamp/{id}")).unwrap()
}

/// A commit of so many events.
pub(super) fn commit(id: &str, version: u64, events: usize) -> Commit {
    let events = (0..events).map(|_| message("LampFed", &json!({ "drops": 1 }))).collect();
    commit_of(&stream(id), version, &format!("c-{version}"), events)
}

/// A commit of two events that sends two commands, sets a timer and cancels another.
pub(super) fn busy(id: &str) -> Commit {
    let send = |name: &str| Send { to: stream("ward"), message: message(name, &json!({})) };
    let due = noon() + SignedDuration::from_hours(1);
    let timers = vec![
        TimerChange::Cancel { name: "old".to_owned() },
        TimerChange::Set { name: "dusk".to_owned(), due, message: message("DimLamp", &json!({})) },
    ];
    Commit { sends: vec![send("DimLamp"), send("LightLamp")], timers, ..commit(id, 1, 2) }
}

#[test]
fn a_final_code_is_a_dead_letter_and_the_rest_goes_on() {
    for index in 0..4 {
        let simulation = Troubled::by(Trouble { finally: [index].into(), ..Trouble::default() });
        assert!(simulation.relay(&[busy("a")]).iter().all(Result::is_ok));
        assert_eq!(simulation.envelopes().len(), 3);
        let letters = simulation.memory.dead_letters.letters();
        let [letter] = letters.as_slice() else { panic!("one letter, not {letters:?}") };
        assert_eq!((letter.reason.as_str(), letter.explanation.as_str()), ("MalformedDetail", "not liked"));
        assert_eq!((letter.consumer.as_str(), letter.at), ("relay", simulation.memory.clock.now()));
        let kept: crate::Delivery = serde_json::from_str(letter.message.get()).unwrap();
        let taken = simulation.envelopes();
        assert!(taken.iter().all(|envelope| envelope.event_id.as_str() != kept.id), "what was refused is what is kept");
        assert_eq!(simulation.memory.timers.pending().len(), 1);
    }
}

#[test]
fn a_dead_letter_that_is_not_kept_is_no_end() {
    let simulation = Troubled::by(Trouble { finally: [0, 1].into(), letters_fail: 1, ..Trouble::default() });
    assert!(simulation.relay(&[commit("a", 1, 1)])[0].is_ok());
    assert_eq!(simulation.memory.dead_letters.letters().len(), 1);
    let simulation = Troubled::by(Trouble { finally: (0..50).collect(), letters_fail: 50, ..Trouble::default() });
    assert!(simulation.relay(&[commit("a", 1, 1)])[0].is_err(), "the commit comes back, so nothing is lost");
}

#[test]
fn timers_are_set_and_cancelled_after_all_is_said() {
    let simulation = Troubled::by(Trouble { timers_fail: 3, ..Trouble::default() });
    let old = Timer::of(&busy("a"), "old", noon(), &message("DimLamp", &json!({})));
    block_on(simulation.memory.timers.set(&old)).unwrap();
    assert!(simulation.relay(&[busy("a")])[0].is_ok(), "a timer that fails for a while is set in the end");
    let pending = simulation.memory.timers.pending();
    let [timer] = pending.as_slice() else { panic!("one timer, not {pending:?}") };
    assert_eq!((timer.key.name.as_str(), &timer.key.stream), ("dusk", &stream("a")));
    assert_eq!((timer.due, timer.envelope.timestamp), (noon() + SignedDuration::from_hours(1), timer.due));
    assert_eq!(timer.envelope.metadata.causation_id, busy("a").id.event(0));
    let repeat = Troubled::by(Trouble::default());
    repeat.relay(&[busy("a")]);
    assert_eq!(repeat.memory.timers.pending()[0].envelope.event_id, timer.envelope.event_id, "a repeat is the same");
}

#[test]
fn timers_that_never_answer_hold_the_commit_back() {
    let simulation = Troubled::by(Trouble { timers_fail: usize::MAX, ..Trouble::default() });
    let answers = simulation.relay(&[busy("a"), commit("a", 3, 1), commit("b", 1, 1)]);
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, true]);
    assert!(!simulation.taken().contains(&"a 3".to_owned()));
}

#[test]
fn a_timer_that_is_refused_is_a_dead_letter_with_what_it_would_say() {
    let simulation = Troubled::by(Trouble { timers_refuse: true, ..Trouble::default() });
    assert!(simulation.relay(&[busy("a"), commit("a", 3, 1)]).iter().all(Result::is_ok));
    let letters = simulation.memory.dead_letters.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "ValidationException");
    assert_eq!(letters[0].explanation, "timer dusk: too far");
    assert!(letters[0].message.get().contains("DimLamp"));
}

#[test]
fn a_bus_that_says_too_little_is_not_believed() {
    let simulation = Troubled::by(Trouble { silent: true, ..Trouble::default() });
    let answers = simulation.relay(&[commit("a", 1, 1), commit("b", 1, 1), commit("c", 1, 1)]);
    assert!(answers.iter().all(Result::is_ok), "each is said until the bus answers for it");
    assert!(simulation.taken().len() > 3);
}
