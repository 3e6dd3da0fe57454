//! [`Schedule`]: a single-threaded executor that polls ready tasks in random order, with a virtual clock that advances when
//! no task is ready.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    future::poll_fn,
    mem::take,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::rng::Rng;
use crate::{memory::lock::lock, time::Clock};

/// The steps after which a run is endless.
const MAX_STEPS: u64 = 5_000_000;
/// The clock also advances in one of this many steps while tasks are ready.
const STEPS_PER_ADVANCE: u64 = 64;
/// It advances by at most this while tasks are ready, so that no task is too late without a fault.
const LONGEST_ADVANCE: SignedDuration = SignedDuration::from_secs(1);

/// A run that did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not idle after {MAX_STEPS} steps")]
pub struct Endless;

/// The tasks and the clock of one simulation; a clone shares them.
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
    waker: Arc<TaskWaker>,
}

/// Wakes one task.
struct TaskWaker {
    index: usize,
    woken: AtomicBool,
    ready: Arc<Mutex<Vec<usize>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.woken.swap(true, Ordering::Relaxed) {
            lock(&self.ready).push(self.index);
        }
    }
}

impl Schedule {
    /// An empty schedule whose clock begins at this time.
    pub fn new(rng: Rng, now: Timestamp) -> Self {
        let state = State { now, tasks: Vec::new(), free: Vec::new(), sleepers: BTreeMap::new(), sleeps: 0, steps: 0 };
        Self { rng, state: Arc::new(Mutex::new(state)), ready: Arc::default() }
    }

    /// Adds a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut state = lock(&self.state);
        let index = match state.free.pop() {
            Some(index) => index,
            None => {
                let index = state.tasks.len();
                let waker = TaskWaker { index, woken: AtomicBool::new(false), ready: Arc::clone(&self.ready) };
                state.tasks.push(Task { future: None, waker: Arc::new(waker) });
                index
            }
        };
        if let Some(task_at) = state.tasks.get_mut(index) {
            task_at.future = Some(Box::pin(task));
            Arc::clone(&task_at.waker).wake();
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
            if steps > MAX_STEPS {
                return Err(Endless);
            }
            if self.rng.below(STEPS_PER_ADVANCE) == 0 {
                self.move_clock(LONGEST_ADVANCE);
            }
            let index = {
                let mut ready = lock(&self.ready);
                let index = self.rng.index(ready.len());
                if ready.is_empty() { None } else { Some(ready.swap_remove(index)) }
            };
            match index {
                Some(index) => self.poll(index),
                None if self.move_clock(SignedDuration::MAX) => {}
                None => return Ok(()),
            }
        }
    }

    /// Runs until every task has ended, and returns the future's result.
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

    /// Yields to the other tasks.
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

    /// The number of steps so far; the same on every run of a seed.
    pub fn steps(&self) -> u64 {
        lock(&self.state).steps
    }

    /// Drops all tasks, so that tasks and schedule do not keep each other alive.
    pub fn clear(&self) {
        let (tasks, sleepers) = {
            let mut state = lock(&self.state);
            (take(&mut state.tasks), take(&mut state.sleepers))
        };
        drop((tasks, sleepers));
        lock(&self.ready).clear();
    }

    fn poll(&self, index: usize) {
        let taken = lock(&self.state).tasks.get_mut(index).and_then(|task| {
            task.waker.woken.store(false, Ordering::Relaxed);
            Some((task.future.take()?, Arc::clone(&task.waker)))
        });
        let Some((mut future, waker)) = taken else { return };
        let waker = Waker::from(waker);
        let ended = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if ended {
            drop(future);
            lock(&self.state).free.push(index);
            return;
        }
        if let Some(task) = lock(&self.state).tasks.get_mut(index) {
            task.future = Some(future);
        }
    }

    /// Advances the clock to the next sleeper and wakes it. Returns false if there is none within `most`.
    fn move_clock(&self, most: SignedDuration) -> bool {
        let mut state = lock(&self.state);
        let now = state.now;
        let near = state.sleepers.first_entry().filter(|next| next.key().0.duration_since(now) <= most);
        let Some(((due, _), waker)) = near.map(|next| next.remove_entry()) else { return false };
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
