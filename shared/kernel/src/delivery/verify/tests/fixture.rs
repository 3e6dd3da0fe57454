//! A house whose log holds two commits of a lamp, and that counts how often its log is asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use serde_json::Value;

use crate::{
    app::{App, Ports},
    delivery::{
        bus::source_of,
        route::Route,
        verify::{VerificationPolicy, VerifyEvents},
    },
    failure::Outcome,
    log::{
        commit::{Commit, TimerChange},
        event_store::{Append, AppendError, Appended, EventStore, ReadError, SnapshotPolicy},
    },
    memory::Memory,
    message::{
        contract::Encoded,
        envelope::{Delivery, Envelope},
        id::StreamId,
    },
    testing::{
        ports::fixture::{commit_of, raw},
        tests::lamp::{LampDimmed, LampFed, minute},
    },
};

pub(super) const OURS: &str = "000000000001";

/// A log that counts how often it is asked, and does not answer when it shall not.
struct Asked {
    memory: Memory,
    silent: bool,
    questions: Mutex<Vec<String>>,
}

#[async_trait]
impl EventStore for Asked {
    async fn append(&self, append: Append<'_>) -> Result<Appended, AppendError> {
        self.memory.store.append(append).await
    }

    async fn newest(&self, stream: &StreamId) -> Result<Option<Commit>, ReadError> {
        self.memory.store.newest(stream).await
    }

    async fn since(&self, stream: &StreamId, from: u64) -> Result<Vec<Commit>, ReadError> {
        self.questions.lock().unwrap().push(format!("{stream} since {from}"));
        self.memory.store.since(stream, from).await
    }

    async fn at(&self, stream: &StreamId, version: u64) -> Result<Option<Commit>, ReadError> {
        self.questions.lock().unwrap().push(format!("{stream} at {version}"));
        if self.silent {
            return Err(ReadError::Unavailable("throttled".into()));
        }
        self.memory.store.at(stream, version).await
    }
}

/// A house that holds a commit of a lamp: it is fed three times, and a timer is set.
pub(super) struct House {
    pub(super) memory: Memory,
    pub(super) commit: Commit,
    log: Arc<Asked>,
    app: App,
}

pub(super) fn fixture(verify_events: VerifyEvents, silent: bool) -> House {
    let memory = Memory::new(1);
    let stream = StreamId::parse("lamp/l-1").unwrap();
    let fed = |drops: u32| Encoded::of(&LampFed { drops }).unwrap();
    let dusk =
        TimerChange::Set { name: "dusk".to_owned(), due: minute(10), message: Encoded::of(&LampDimmed {}).unwrap() };
    let first = commit_of(&stream, 1, "c-1", vec![fed(1)]);
    let commit = Commit { timers: vec![dusk], ..commit_of(&stream, 2, "c-2", vec![fed(2), fed(3), fed(4)]) };
    for commit in [&first, &commit] {
        block_on(memory.store.append(Append { commit, snapshot: SnapshotPolicy::IfFree, once: false })).unwrap();
    }
    let log = Arc::new(Asked { memory: memory.clone(), silent, questions: Mutex::default() });
    let verification = VerificationPolicy { account: Some(OURS.to_owned()), verify_events };
    let app = App::new(Ports { store: log.clone(), verification, ..memory.ports() });
    House { memory, log, app, commit }
}

impl House {
    pub(super) fn handle(&self, route: &Route, delivery: &Delivery) -> Outcome {
        block_on(route.handle(&self.app, delivery))
    }

    /// The last of the three events.
    pub(super) fn true_fact(&self) -> Delivery {
        delivery(&Envelope::of_event(&self.commit, 2).unwrap())
    }

    pub(super) fn questions(&self) -> Vec<String> {
        self.log.questions.lock().unwrap().clone()
    }

    pub(super) fn letters(&self) -> Vec<(String, String)> {
        let letters = self.memory.dead_letters.letters().into_iter();
        letters.map(|letter| (letter.reason, letter.explanation)).collect()
    }
}

pub(super) fn delivery(envelope: &Envelope) -> Delivery {
    Delivery {
        id: "b-1".to_owned(),
        source: source_of("lamp"),
        account: Some(OURS.to_owned()),
        detail_type: envelope.event_type.clone(),
        time: minute(0),
        detail: raw(&serde_json::to_value(envelope).unwrap()),
        replay_name: None,
    }
}

pub(super) fn changed(delivery: &Delivery, path: &str, value: Value) -> Delivery {
    let mut detail: Value = serde_json::from_str(delivery.detail.get()).unwrap();
    *detail.pointer_mut(path).unwrap() = value;
    Delivery { detail: raw(&detail), ..delivery.clone() }
}
