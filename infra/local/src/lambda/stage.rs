//! The stage on which tests play: a function that answers by a script, queues that keep all they are sent, and a clock
//! that leaps from one wait to the next when nothing else is going on.

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::task::yield_now;

use crate::{
    clock::Clock,
    interfaces::{NewMessage, SendToQueue, TargetError},
    template::{AsynchronousInvokes, Function, Logging},
};

use super::{CutOff, Executor, FunctionError, Functions, Happened, Invocation, Invokes};

pub(crate) const ARN: &str = "arn:aws:lambda:eu-central-1:000000000000:function:reserve";
pub(crate) const FAILURES: &str = "arn:aws:sqs:eu-central-1:000000000000:failures";
pub(crate) const LETTERS: &str = "arn:aws:sqs:eu-central-1:000000000000:letters";

/// What the function does next.
pub(crate) enum Act {
    Answer(&'static str),
    Fail,
    Hang,
    Panic,
}

/// Plays its acts in turn, and answers `null` when there are no more.
#[derive(Default)]
pub(crate) struct Actor {
    pub(crate) acts: Mutex<VecDeque<Act>>,
    pub(crate) always: Mutex<Option<Rule>>,
    pub(crate) seen: Mutex<Vec<Invocation>>,
    pub(crate) cut_off: Arc<Mutex<usize>>,
}

/// What the function always does when no act is left.
pub(crate) type Rule = Box<dyn Fn(&Value) -> Result<String, FunctionError> + Send>;

struct CutOffSeen(Arc<Mutex<usize>>);

impl Drop for CutOffSeen {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

pub(crate) fn oversold() -> FunctionError {
    FunctionError::new("Retry.Conflict", "the stock was oversold".to_owned())
}

#[async_trait]
impl Executor for Actor {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let payload: Value = serde_json::from_str(&invocation.payload).unwrap();
        self.seen.lock().unwrap().push(invocation);
        let act = self.acts.lock().unwrap().pop_front();
        match act {
            Some(Act::Answer(answer)) => Ok(answer.to_owned()),
            Some(Act::Fail) => Err(oversold()),
            Some(Act::Hang) => {
                let _seen = CutOffSeen(Arc::clone(&self.cut_off));
                pending().await
            }
            Some(Act::Panic) => panic!("the handler is broken"),
            None => match self.always.lock().unwrap().as_ref() {
                Some(rule) => rule(&payload),
                None => Ok("null".to_owned()),
            },
        }
    }
}

/// Keeps all it is sent; a queue named in `refusals` refuses as often as is said there.
#[derive(Default)]
pub(crate) struct Queues {
    pub(crate) sent: Mutex<Vec<(String, NewMessage)>>,
    pub(crate) refusals: Mutex<BTreeMap<String, (usize, bool)>>,
}

#[async_trait]
impl SendToQueue for Queues {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        if let Some((left @ 1.., transient)) = self.refusals.lock().unwrap().get_mut(queue_arn) {
            *left -= 1;
            return Err(TargetError {
                code: "REFUSED".to_owned(),
                message: "not now".to_owned(),
                transient: *transient,
            });
        }
        self.sent.lock().unwrap().push((queue_arn.to_owned(), message));
        Ok(())
    }
}

impl Queues {
    pub(crate) fn bodies(&self, queue: &str) -> Vec<Value> {
        let sent = self.sent.lock().unwrap();
        let bodies = sent.iter().filter(|(arn, _)| arn == queue);
        bodies.map(|(_, message)| serde_json::from_str(&message.body).unwrap()).collect()
    }
}

pub(crate) struct Stage {
    pub(crate) clock: Clock,
    pub(crate) actor: Arc<Actor>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) functions: Functions,
    pub(crate) happened: Arc<Mutex<Vec<Happened>>>,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn function() -> Function {
    Function {
        id: "Reserve".to_owned(),
        name: "reserve".to_owned(),
        arn: ARN.to_owned(),
        binary: None,
        handler: None,
        runtime: None,
        timeout_seconds: 3,
        memory_megabytes: 128,
        environment: BTreeMap::new(),
        logging: Logging::default(),
        reserved_concurrency: None,
        dead_letter_arn: None,
        invokes: AsynchronousInvokes { on_failure_arn: Some(FAILURES.to_owned()), ..AsynchronousInvokes::default() },
        role_arn: None,
        policies: None,
        line: 1,
    }
}

impl Stage {
    pub(crate) fn set(acts: impl IntoIterator<Item = Act>) -> Self {
        let clock = Clock::paused("2026-11-21T05:00:00Z".parse().unwrap());
        let actor = Arc::new(Actor { acts: Mutex::new(acts.into_iter().collect()), ..Actor::default() });
        let executor: Arc<dyn Executor> = actor.clone();
        let functions = Functions::new(executor, clock.clone(), CutOff::OnTheClock, 100);
        functions.put(function());
        let folder = tempfile::tempdir().unwrap();
        Self { clock, actor, queues: Arc::default(), functions, happened: Arc::default(), folder }
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    pub(crate) fn invokes(&self) -> Invokes {
        let (queues, happened) = (self.queues.clone(), self.happened.clone());
        let listener = Arc::new(move |what| happened.lock().unwrap().push(what));
        Invokes::open(Some(&self.path("invokes.journal")), self.functions.clone(), queues, listener).unwrap()
    }

    /// Lets everything run that can run without the clock.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            yield_now().await;
        }
    }

    /// Lets the clock leap from wait to wait for this long.
    pub(crate) async fn pass(&self, duration: SignedDuration) {
        let end = self.clock.now() + duration;
        self.settle().await;
        while let Some(next) = self.clock.next_wake().filter(|next| *next <= end) {
            self.clock.tick(next.duration_since(self.clock.now()));
            self.settle().await;
        }
        self.clock.tick(end.duration_since(self.clock.now()));
        self.settle().await;
    }

    pub(crate) fn tries(&self) -> usize {
        self.actor.seen.lock().unwrap().len()
    }
}
