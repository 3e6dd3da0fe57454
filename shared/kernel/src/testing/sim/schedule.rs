//! The schedule: one thread that polls any ready task, and a clock that moves when there is nothing else to do.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    mem::take,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::rng::Rng;
use crate::time::clock::Clock;

/// After so many steps a run is called endless.
const MOST_STEPS: u64 = 5_000_000;
/// How often time goes on although somebody could go first: one step in so many.
const IMPATIENCE: u64 = 64;

/// A run that did not come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not quiet after {MOST_STEPS} steps")]
pub struct Endless;

/// The tasks and the clock of one simulated house; a clone is the same schedule.
#[derive(Clone)]
pub struct Schedule {
    rng: Rng,
    state: Arc<Mutex<State>>,
    ready: Arc<Mutex<Vec<usize>>>,
}

struct State {
    now: Timestamp,
    tasks: Vec<Task>,
    free: Vec<usize>,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
    sleeps: u64,
    steps: u64,
}

struct Task {
    future: Option<BoxFuture<'static, ()>>,
    bell: Arc<Bell>,
}

/// Wakes one task.
struct Bell {
    place: usize,
    rung: AtomicBool,
    ready: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            lock(&self.ready).push(self.place);
        }
    }
}

impl Schedule {
    /// An empty schedule that begins at this time.
    pub fn new(rng: Rng, now: Timestamp) -> Self {
        let state = State { now, tasks: Vec::new(), free: Vec::new(), sleepers: BTreeMap::new(), sleeps: 0, steps: 0 };
        Self { rng, state: Arc::new(Mutex::new(state)), ready: Arc::default() }
    }

    /// Adds a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut state = lock(&self.state);
        let place = match state.free.pop() {
            Some(place) => place,
            None => {
                let place = state.tasks.len();
                let bell = Bell { place, rung: AtomicBool::new(false), ready: Arc::clone(&self.ready) };
                state.tasks.push(Task { future: None, bell: Arc::new(bell) });
                place
            }
        };
        if let Some(task_at) = state.tasks.get_mut(place) {
            task_at.future = Some(Box::pin(task));
            Arc::clone(&task_at.bell).wake();
        }
    }

    /// Runs until every task has ended.
    pub fn run(&self) -> Result<(), Endless> {
        loop {
            let steps = {
                let mut state = lock(&self.state);
                state.steps += 1;
                state.steps
            };
            if steps > MOST_STEPS {
                return Err(Endless);
            }
            if self.rng.below(IMPATIENCE) == 0 {
                self.move_clock();
            }
            let place = {
                let mut ready = lock(&self.ready);
                let index = self.rng.index(ready.len());
                if ready.is_empty() { None } else { Some(ready.swap_remove(index)) }
            };
            match place {
                Some(place) => self.poll(place),
                None if self.move_clock() => {}
                None => return Ok(()),
            }
        }
    }

    /// Runs until the future has answered and everything is quiet.
    pub fn finish<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Result<T, Endless> {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        self.spawn(async move {
            let value = future.await;
            *lock(&slot) = Some(value);
        });
        self.run()?;
        lock(&answer).take().ok_or(Endless)
    }

    /// Lets any other task go first.
    pub async fn pass(&self) {
        let mut passed = false;
        poll_fn(move |context| {
            if passed {
                return Poll::Ready(());
            }
            passed = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// How many steps were taken: the same on every run of a seed.
    pub fn steps(&self) -> u64 {
        lock(&self.state).steps
    }

    /// Drops what is left, so that tasks and schedule do not keep each other.
    pub fn clear(&self) {
        let (tasks, sleepers) = {
            let mut state = lock(&self.state);
            (take(&mut state.tasks), take(&mut state.sleepers))
        };
        drop((tasks, sleepers));
        lock(&self.ready).clear();
    }

    fn poll(&self, place: usize) {
        let taken = lock(&self.state).tasks.get_mut(place).and_then(|task| {
            task.bell.rung.store(false, Ordering::Relaxed);
            Some((task.future.take()?, Arc::clone(&task.bell)))
        });
        let Some((mut future, bell)) = taken else { return };
        let waker = Waker::from(bell);
        let ended = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if ended {
            drop(future);
            lock(&self.state).free.push(place);
            return;
        }
        if let Some(task) = lock(&self.state).tasks.get_mut(place) {
            task.future = Some(future);
        }
    }

    /// Moves the clock to the next sleeper and wakes it. False when nobody sleeps.
    fn move_clock(&self) -> bool {
        let mut state = lock(&self.state);
        let Some(((due, _), waker)) = state.sleepers.pop_first() else { return false };
        state.now = state.now.max(due);
        drop(state);
        waker.wake();
        true
    }
}

#[async_trait]
impl Clock for Schedule {
    fn now(&self) -> Timestamp {
        lock(&self.state).now
    }

    async fn sleep(&self, duration: SignedDuration) {
        let due = self.now() + duration;
        let mut sleep = Sleep { state: &self.state, key: None };
        poll_fn(move |context| sleep.poll(due, context)).await;
    }
}

struct Sleep<'a> {
    state: &'a Mutex<State>,
    key: Option<(Timestamp, u64)>,
}

impl Sleep<'_> {
    fn poll(&mut self, due: Timestamp, context: &Context<'_>) -> Poll<()> {
        let mut state = lock(self.state);
        if state.now >= due && self.key.is_some() {
            return Poll::Ready(());
        }
        let key = match self.key {
            Some(key) => key,
            None => {
                state.sleeps += 1;
                (due, state.sleeps)
            }
        };
        self.key = Some(key);
        state.sleepers.insert(key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            lock(self.state).sleepers.remove(&key);
        }
    }
}

/// One thread runs all; should a test have panicked meanwhile, the data is whole all the same.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
