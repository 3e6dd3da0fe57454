//! The fixture of the Lambda tests: a scripted function, queues that record what they are sent, and a paused clock that
//! moves from one wake to the next.

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
    interfaces::{InvokeAsync, NewMessage, SendToQueue, TargetError},
    template::{AsynchronousInvokes, Function, Logging},
};

use super::{AsyncInvoker, Executor, FunctionError, Functions, Invocation, InvocationActivity, TimeoutClock};

pub(crate) const ARN: &str = "arn:aws:lambda:eu-central-1:000000000000:function:reserve";
pub(crate) const FAILURES: &str = "arn:aws:sqs:eu-central-1:000000000000:failures";
pub(crate) const DEAD_LETTERS: &str = "arn:aws:sqs:eu-central-1:000000000000:dead-letters";

/// What the function does in one invocation.
pub(crate) enum Behaviour {
    Answer(&'static str),
    Fail,
    Hang,
    Panic,
}

/// Follows its script, and returns `null` when the script has ended.
#[derive(Default)]
pub(crate) struct ScriptedFunction {
    pub(crate) script: Mutex<VecDeque<Behaviour>>,
    pub(crate) fallback: Mutex<Option<Fallback>>,
    pub(crate) invocations: Mutex<Vec<Invocation>>,
    pub(crate) cancelled: Arc<Mutex<usize>>,
}

/// What the function does when the script has ended.
pub(crate) type Fallback = Box<dyn Fn(&Value) -> Result<String, FunctionError> + Send>;

struct CancellationCounter(Arc<Mutex<usize>>);

impl Drop for CancellationCounter {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

pub(crate) fn oversold() -> FunctionError {
    FunctionError::new("Retry.Conflict", "the stock was oversold".to_owned())
}

#[async_trait]
impl Executor for ScriptedFunction {
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError> {
        let payload: Value = serde_json::from_str(&invocation.payload).unwrap();
        self.invocations.lock().unwrap().push(invocation);
        let behaviour = self.script.lock().unwrap().pop_front();
        match behaviour {
            Some(Behaviour::Answer(answer)) => Ok(answer.to_owned()),
            Some(Behaviour::Fail) => Err(oversold()),
            Some(Behaviour::Hang) => {
                let _counter = CancellationCounter(Arc::clone(&self.cancelled));
                pending().await
            }
            Some(Behaviour::Panic) => panic!("the handler is broken"),
            None => match self.fallback.lock().unwrap().as_ref() {
                Some(fallback) => fallback(&payload),
                None => Ok("null".to_owned()),
            },
        }
    }
}

/// Records the sent messages. `errors` holds the number of errors of a queue, and whether they are transient.
#[derive(Default)]
pub(crate) struct Queues {
    pub(crate) sent: Mutex<Vec<(String, NewMessage)>>,
    pub(crate) errors: Mutex<BTreeMap<String, (usize, bool)>>,
}

#[async_trait]
impl SendToQueue for Queues {
    async fn send(&self, queue_arn: &str, message: NewMessage) -> Result<(), TargetError> {
        if let Some((left @ 1.., transient)) = self.errors.lock().unwrap().get_mut(queue_arn) {
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

pub(crate) struct Fixture {
    pub(crate) clock: Clock,
    pub(crate) function: Arc<ScriptedFunction>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) functions: Functions,
    pub(crate) activity: Arc<Mutex<Vec<InvocationActivity>>>,
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

impl Fixture {
    pub(crate) fn new(script: impl IntoIterator<Item = Behaviour>) -> Self {
        let clock = Clock::paused("2026-11-21T05:00:00Z".parse().unwrap());
        let function = Arc::new(ScriptedFunction {
            script: Mutex::new(script.into_iter().collect()),
            ..ScriptedFunction::default()
        });
        let executor: Arc<dyn Executor> = function.clone();
        let functions = Functions::new(executor, clock.clone(), TimeoutClock::Simulated, 100);
        functions.put(self::function());
        let folder = tempfile::tempdir().unwrap();
        Self { clock, function, queues: Arc::default(), functions, activity: Arc::default(), folder }
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(name)
    }

    pub(crate) fn invoker(&self) -> AsyncInvoker {
        let (queues, activity) = (self.queues.clone(), self.activity.clone());
        let listener = Arc::new(move |step| activity.lock().unwrap().push(step));
        AsyncInvoker::open(Some(&self.path("invokes.journal")), self.functions.clone(), queues, listener).unwrap()
    }

    /// An invoker that has accepted this event.
    pub(crate) async fn accept(&self, event: &str) -> AsyncInvoker {
        let invoker = self.invoker();
        invoker.invoke_async(ARN, event.to_owned()).await.unwrap();
        invoker
    }

    /// Replaces the function by a changed one.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Function)) {
        let mut changed = function();
        change(&mut changed);
        self.functions.put(changed);
    }

    /// Lets all tasks run until they wait for the clock.
    pub(crate) async fn settle(&self) {
        for _ in 0..200 {
            yield_now().await;
        }
    }

    /// Moves the clock forward by this duration, from wake to wake.
    pub(crate) async fn advance(&self, duration: SignedDuration) {
        let end = self.clock.now() + duration;
        self.settle().await;
        while let Some(next) = self.clock.next_wake().filter(|next| *next <= end) {
            self.clock.tick(next.duration_since(self.clock.now()));
            self.settle().await;
        }
        self.clock.tick(end.duration_since(self.clock.now()));
        self.settle().await;
    }

    pub(crate) fn invocation_count(&self) -> usize {
        self.function.invocations.lock().unwrap().len()
    }
}
