//! The registered functions, and one invocation of one of them: within its reserved concurrency and its timeout. An
//! [`Executor`] runs it, in this process or in a process of its own. A panic of the executor is a failure of that
//! invocation only.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use uuid::Uuid;

use crate::{
    clock::Clock,
    faults::{Faults, Kind, Part},
    template::Function,
};

/// The longest time after which a kill fault ends a function.
const MAX_KILL_DELAY: SignedDuration = SignedDuration::from_millis(50);

/// One invocation of a function.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function to invoke.
    pub function: Arc<Function>,
    /// The payload as JSON.
    pub payload: String,
    /// The request id, the same for all attempts.
    pub request_id: String,
    /// The time at which the invocation times out, on the local cloud's clock.
    pub deadline: Timestamp,
    /// The X-Ray trace header.
    pub trace: String,
}

/// The error of a failed function, as Lambda reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// The error type.
    pub kind: String,
    /// The error message.
    pub message: String,
    /// The stack trace, if the function reported one.
    pub trace: Vec<String>,
}

impl FunctionError {
    /// An error without a stack trace.
    pub fn new(kind: &str, message: String) -> Self {
        Self { kind: kind.to_owned(), message, trace: Vec::new() }
    }

    /// The error as the payload of the response.
    pub fn payload(&self) -> Value {
        let mut payload = json!({ "errorType": self.kind, "errorMessage": self.message });
        if let (false, Some(fields)) = (self.trace.is_empty(), payload.as_object_mut()) {
            fields.insert("stackTrace".to_owned(), json!(self.trace));
        }
        payload
    }
}

/// Runs functions, without retries. An invocation that is cancelled must stop completely.
#[async_trait]
pub trait Executor: Send + Sync {
    /// Runs one invocation. Dropping the future cancels it.
    async fn invoke(&self, invocation: Invocation) -> Result<String, FunctionError>;
}

/// How the timeout of a function is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutClock {
    /// By the local cloud's clock. Moving the clock forward times out running functions.
    Simulated,
    /// In real time. Moving the clock forward does not affect running functions.
    RealTime,
}

/// The registered functions and the executor that runs them. A clone shares them.
#[derive(Clone)]
pub struct Functions {
    registered: Arc<RwLock<BTreeMap<String, Registered>>>,
    executor: Arc<dyn Executor>,
    clock: Clock,
    timeout_clock: TimeoutClock,
    /// The account's concurrency, for all functions together.
    concurrency: Arc<Semaphore>,
    /// The concurrency of requests to HTTP APIs. It is their own: a request may wait for what messages do.
    requests: Arc<Semaphore>,
    invocations: Arc<InvocationCounts>,
    faults: Faults,
}

/// The most requests to HTTP APIs that are answered at the same time; others wait.
const MAX_REQUESTS: usize = 64;

/// The numbers of permits that were ever given and returned.
#[derive(Default)]
struct InvocationCounts {
    started: AtomicU64,
    ended: AtomicU64,
}

/// Counts an invocation as ended when it is dropped.
struct CountedInvocation(Arc<InvocationCounts>);

impl Drop for CountedInvocation {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, SeqCst);
    }
}

#[derive(Clone)]
struct Registered {
    function: Arc<Function>,
    /// The reserved concurrency, if there is any.
    reserved: Option<Arc<Semaphore>>,
    kill: Arc<Notify>,
}

/// The permit to invoke a function once.
pub struct ConcurrencyPermit {
    function: Arc<Function>,
    kill: Arc<Notify>,
    _permits: (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit),
    _counted: CountedInvocation,
}

impl Functions {
    /// Creates a registry without functions, with this account concurrency. The time that an invocation waits for a
    /// permit does not count towards its timeout.
    pub fn new(executor: Arc<dyn Executor>, clock: Clock, timeout_clock: TimeoutClock, concurrency: usize) -> Self {
        let concurrency = Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            registered: Arc::default(),
            executor,
            clock,
            timeout_clock,
            concurrency,
            requests: Arc::new(Semaphore::new(MAX_REQUESTS)),
            invocations: Arc::default(),
            faults: Faults::none(),
        }
    }

    /// Returns the same functions with fault injection: invocations are killed and events are duplicated.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The local cloud's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Adds a function, or replaces the one with the same ARN.
    pub fn put(&self, function: Function) {
        let reserved = function.reserved_concurrency.map(|permits| Arc::new(Semaphore::new(permits as usize)));
        let registered = Registered { function: Arc::new(function), reserved, kill: Arc::default() };
        let mut all = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(registered.function.arn.clone(), registered);
    }

    /// Deletes the function with this ARN.
    pub fn remove(&self, arn: &str) {
        self.registered.write().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }

    /// All functions.
    pub fn all(&self) -> Vec<Arc<Function>> {
        let all = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        all.values().map(|registered| Arc::clone(&registered.function)).collect()
    }

    /// The function with this name, partial ARN or ARN, with or without the version `$LATEST`.
    pub fn find(&self, name: &str) -> Option<Arc<Function>> {
        self.registered(name).map(|registered| registered.function)
    }

    fn registered(&self, name: &str) -> Option<Registered> {
        let name = name.strip_suffix(":$LATEST").unwrap_or(name);
        let all = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(registered) = all.get(name) {
            return Some(registered.clone());
        }
        // In a partial ARN the name follows the account.
        let name = if name.starts_with("arn:") { name } else { name.rsplit(':').next().unwrap_or(name) };
        all.values().find(|registered| registered.function.name == name).cloned()
    }

    /// Kills all running invocations of a function, as a crash of its environment does.
    pub fn kill(&self, name: &str) {
        if let Some(registered) = self.registered(name) {
            registered.kill.notify_waiters();
        }
    }

    /// The numbers of invocations that were ever started and ended.
    pub fn invocation_counts(&self) -> (u64, u64) {
        (self.invocations.started.load(SeqCst), self.invocations.ended.load(SeqCst))
    }

    /// Returns a permit for this function, if the function exists and its concurrency is not exhausted.
    pub fn try_acquire(&self, name: &str) -> Option<ConcurrencyPermit> {
        let mut registered = self.registered(name)?;
        let reserved = registered.reserved.take().map(Semaphore::try_acquire_owned).transpose().ok()?;
        let permit = Arc::clone(&self.concurrency).try_acquire_owned().ok()?;
        Some(self.permit(registered, reserved, permit))
    }

    /// Waits for a permit for this function. Returns none if the function does not exist.
    pub async fn acquire(&self, name: &str) -> Option<ConcurrencyPermit> {
        let mut registered = self.registered(name)?;
        let reserved = match registered.reserved.take() {
            None => None,
            Some(reserved) => Some(reserved.acquire_owned().await.ok()?),
        };
        let permit = Arc::clone(&self.concurrency).acquire_owned().await.ok()?;
        Some(self.permit(registered, reserved, permit))
    }

    /// Waits for a permit for a request to an HTTP API. Returns none if the function does not exist or all of its reserved
    /// concurrency is used.
    pub(crate) async fn acquire_request(&self, name: &str) -> Option<ConcurrencyPermit> {
        let mut registered = self.registered(name)?;
        let reserved = registered.reserved.take().map(Semaphore::try_acquire_owned).transpose().ok()?;
        let permit = Arc::clone(&self.requests).acquire_owned().await.ok()?;
        Some(self.permit(registered, reserved, permit))
    }

    fn permit(
        &self,
        Registered { function, kill, .. }: Registered,
        reserved: Option<OwnedSemaphorePermit>,
        permit: OwnedSemaphorePermit,
    ) -> ConcurrencyPermit {
        self.invocations.started.fetch_add(1, SeqCst);
        let counted = CountedInvocation(Arc::clone(&self.invocations));
        ConcurrencyPermit { function, kill, _permits: (reserved, permit), _counted: counted }
    }

    /// Invokes the function once.
    pub async fn invoke(
        &self,
        permit: ConcurrencyPermit,
        request_id: &str,
        payload: &str,
    ) -> Result<String, FunctionError> {
        let seconds = permit.function.timeout_seconds;
        let timeout = SignedDuration::from_secs(seconds.into());
        let deadline = self.clock.now().checked_add(timeout).unwrap_or(Timestamp::MAX);
        let invocation = Invocation {
            function: Arc::clone(&permit.function),
            payload: payload.to_owned(),
            request_id: request_id.to_owned(),
            deadline,
            trace: trace_header(deadline.as_second()),
        };
        let executor = Arc::clone(&self.executor);
        let kill_fault = self.faults.draw(Kind::Kill, Part::Lambda, &permit.function.name);
        // Dropping the set ends the task, and a panic stays within the task.
        let mut task = JoinSet::new();
        task.spawn(async move { executor.invoke(invocation).await });
        let killed = async {
            match kill_fault {
                None => permit.kill.notified().await,
                Some(fault) => tokio::select! {
                    () = permit.kill.notified() => {}
                    () = self.sleep(fault.within(MAX_KILL_DELAY)) => {}
                },
            }
        };
        tokio::select! {
            biased;
            result = task.join_next() => match result {
                // The function ended before the kill: its effects stay, its response is lost.
                Some(Ok(_)) if kill_fault.is_some() => Err(killed_error(request_id)),
                Some(Ok(result)) => result,
                Some(Err(error)) => Err(FunctionError::new("Runtime.Panic", error.to_string())),
                None => Err(FunctionError::new("Runtime.Unknown", "the executor returned no response".to_owned())),
            },
            () = killed => {
                task.shutdown().await;
                Err(killed_error(request_id))
            }
            () = self.sleep(timeout) => {
                let message = format!("RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds");
                task.shutdown().await;
                Err(FunctionError::new("Sandbox.Timedout", message))
            }
        }
    }

    async fn sleep(&self, duration: SignedDuration) {
        match self.timeout_clock {
            TimeoutClock::Simulated => self.clock.sleep(duration).await,
            TimeoutClock::RealTime => tokio::time::sleep(duration.unsigned_abs()).await,
        }
    }
}

fn killed_error(request_id: &str) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed");
    FunctionError::new("Runtime.ExitError", message)
}

fn trace_header(second: i64) -> String {
    let random = Uuid::new_v4().simple().to_string();
    let (root, parent) = (random.get(..24).unwrap_or_default(), random.get(16..).unwrap_or_default());
    format!("Root=1-{second:08x}-{root};Parent={parent};Sampled=0")
}
