//! The fixture of the Lambda tests: a scripted function, queues that record what they are sent, and a paused clock.

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    clock::Clock,
    interfaces::InvokeAsync,
    template::{AsynchronousInvokes, Function, Logging},
    testing::{self, FakeTargets},
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

pub(crate) struct Fixture {
    pub(crate) clock: Clock,
    pub(crate) function: Arc<ScriptedFunction>,
    pub(crate) queues: Arc<FakeTargets>,
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
        let clock = testing::clock();
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
        self.folder.path().join(name)
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
        testing::settle().await;
    }

    /// Advances the clock by this duration, stopping at every timer.
    pub(crate) async fn advance(&self, duration: SignedDuration) {
        testing::advance(&self.clock, duration).await;
    }

    pub(crate) fn invocation_count(&self) -> usize {
        self.function.invocations.lock().unwrap().len()
    }
}
