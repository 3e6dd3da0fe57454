//! All functions there are, and one try of one of them: within its reserved concurrency, cut off at its deadline,
//! and a fault of the executor is a failure of the function and of nothing else.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use jiff::SignedDuration;
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

use super::{Executor, FunctionError, Invocation};

/// A function that a fault kills has ended within this time.
const LATEST_KILL: SignedDuration = SignedDuration::from_millis(50);

/// Whose seconds a function's time-out is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOff {
    /// The clock's: when it leaps, functions that run are cut off.
    OnTheClock,
    /// The world's: the clock may leap over days while a function works, and does it no harm.
    InTheWorld,
}

/// All functions and the executor that runs them. A clone is the same.
#[derive(Clone)]
pub struct Functions {
    registered: Arc<RwLock<BTreeMap<String, Registered>>>,
    executor: Arc<dyn Executor>,
    clock: Clock,
    cut_off: CutOff,
    // All functions together run no more often at once than there are places here.
    places: Arc<Semaphore>,
    turns: Arc<Turns>,
    faults: Faults,
}

/// How many turns were ever given, and how many of them have ended.
#[derive(Default)]
struct Turns {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A turn that is counted.
struct Counted(Arc<Turns>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, SeqCst);
    }
}

#[derive(Clone)]
struct Registered {
    function: Arc<Function>,
    // Without a reservation there is no bound.
    places: Option<Arc<Semaphore>>,
    kill: Arc<Notify>,
}

/// The right to run one function once, now.
pub struct Turn {
    function: Arc<Function>,
    kill: Arc<Notify>,
    _places: (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit),
    _counted: Counted,
}

impl Functions {
    /// No functions yet, and who will run them, at most so many at once. A try that waits for its place does not
    /// wait on its own time.
    pub fn new(executor: Arc<dyn Executor>, clock: Clock, cut_off: CutOff, most: usize) -> Self {
        let places = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            registered: Arc::default(),
            executor,
            clock,
            cut_off,
            places,
            turns: Arc::default(),
            faults: Faults::none(),
        }
    }

    /// The same functions, of which some are killed and some events come twice.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// What goes wrong on purpose.
    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Adds a function, or changes the one of this ARN.
    pub fn put(&self, function: Function) {
        let places = function.reserved_concurrency.map(|most| Arc::new(Semaphore::new(most as usize)));
        let registered = Registered { function: Arc::new(function), places, kill: Arc::default() };
        let mut all = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(registered.function.arn.clone(), registered);
    }

    /// Deletes the function of this ARN.
    pub fn remove(&self, arn: &str) {
        self.registered.write().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }

    /// All functions.
    pub fn all(&self) -> Vec<Arc<Function>> {
        let all = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        all.values().map(|registered| Arc::clone(&registered.function)).collect()
    }

    /// The function of this name or ARN, also when it names the version `$LATEST`.
    pub fn find(&self, name: &str) -> Option<Arc<Function>> {
        self.registered(name).map(|registered| registered.function)
    }

    fn registered(&self, name: &str) -> Option<Registered> {
        let name = name.strip_suffix(":$LATEST").unwrap_or(name);
        let all = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(registered) = all.get(name) {
            return Some(registered.clone());
        }
        // A name may also come with the account before it.
        let name = if name.starts_with("arn:") { name } else { name.rsplit(':').next().unwrap_or(name) };
        all.values().find(|registered| registered.function.name == name).cloned()
    }

    /// Ends all tries of a function that are under way, as a crash of its environment would.
    pub fn kill(&self, name: &str) {
        if let Some(registered) = self.registered(name) {
            registered.kill.notify_waiters();
        }
    }

    /// How many turns were ever given, and how many of them have ended.
    pub fn turns(&self) -> (u64, u64) {
        (self.turns.begun.load(SeqCst), self.turns.ended.load(SeqCst))
    }

    fn counted(&self) -> Counted {
        self.turns.begun.fetch_add(1, SeqCst);
        Counted(Arc::clone(&self.turns))
    }

    /// A turn of this function, if there is the function and a place is free at once.
    pub fn turn_now(&self, name: &str) -> Option<Turn> {
        let Registered { function, places, kill } = self.registered(name)?;
        let own = match places {
            None => None,
            Some(places) => Some(places.try_acquire_owned().ok()?),
        };
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Turn { function, kill, _places: (own, place), _counted: self.counted() })
    }

    /// A turn of this function as soon as a place is free; none if there is no such function.
    pub async fn turn(&self, name: &str) -> Option<Turn> {
        let Registered { function, places, kill } = self.registered(name)?;
        let own = match places {
            None => None,
            Some(places) => Some(places.acquire_owned().await.ok()?),
        };
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(Turn { function, kill, _places: (own, place), _counted: self.counted() })
    }

    /// Runs the function once.
    pub async fn run(&self, turn: Turn, request_id: &str, payload: &str) -> Result<String, FunctionError> {
        let seconds = turn.function.timeout_seconds;
        let left = SignedDuration::from_secs(seconds.into());
        let deadline = self.clock.now().checked_add(left).unwrap_or(jiff::Timestamp::MAX);
        let invocation = Invocation {
            function: Arc::clone(&turn.function),
            payload: payload.to_owned(),
            request_id: request_id.to_owned(),
            deadline,
            trace: trace(deadline.as_second()),
        };
        let executor = Arc::clone(&self.executor);
        let struck = self.faults.strike(Kind::Kill, Part::Lambda, &turn.function.name);
        // Dropping the set ends the task within; a panic in it is only its own.
        let mut task = JoinSet::new();
        task.spawn(async move { executor.invoke(invocation).await });
        let killed = async {
            match struck {
                None => turn.kill.notified().await,
                Some(strike) => tokio::select! {
                    () = turn.kill.notified() => {}
                    () = self.wait(strike.within(LATEST_KILL)) => {}
                },
            }
        };
        tokio::select! {
            biased;
            answer = task.join_next() => match answer {
                // It was quicker than its end: then its answer is lost, and what it did is done.
                Some(Ok(_)) if struck.is_some() => Err(exit(request_id)),
                Some(Ok(answer)) => answer,
                Some(Err(error)) => Err(FunctionError::new("Runtime.Panic", error.to_string())),
                None => Err(FunctionError::new("Runtime.Unknown", "the executor gave no answer".to_owned())),
            },
            () = killed => {
                task.shutdown().await;
                Err(exit(request_id))
            }
            () = self.wait(left) => {
                let message = format!("RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds");
                task.shutdown().await;
                Err(FunctionError::new("Sandbox.Timedout", message))
            }
        }
    }

    async fn wait(&self, time: SignedDuration) {
        match self.cut_off {
            CutOff::OnTheClock => self.clock.sleep(time).await,
            CutOff::InTheWorld => tokio::time::sleep(time.unsigned_abs()).await,
        }
    }
}

impl Turn {
    /// Whose turn it is.
    pub fn function(&self) -> &Function {
        &self.function
    }
}

fn exit(request_id: &str) -> FunctionError {
    let message = format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed");
    FunctionError::new("Runtime.ExitError", message)
}

/// A new trace that nobody samples.
fn trace(second: i64) -> String {
    let chance = Uuid::new_v4().simple().to_string();
    let (root, parent) = (chance.get(..24).unwrap_or_default(), chance.get(16..).unwrap_or_default());
    format!("Root=1-{second:08x}-{root};Parent={parent};Sampled=0")
}
