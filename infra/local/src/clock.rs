//! The one clock of the local cloud. All waiting goes through it, so that it can run faster than
//! the world, stand still, or be moved by hand.

mod line;
mod sleep;
#[cfg(test)]
mod tests;

pub use line::Line;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

/// The clock. A clone is the same clock.
///
/// ```
/// use jiff::SignedDuration;
/// use causeway_local::clock::Clock;
///
/// let clock = Clock::paused("2026-11-21T05:00:00Z".parse()?);
/// clock.tick(SignedDuration::from_hours(72));
/// assert_eq!(clock.now(), "2026-11-24T05:00:00Z".parse()?);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// Counts the changes after which a sleep that the world's time ends must be measured anew.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    /// The time that was shown at `since`.
    shown: Timestamp,
    since: Instant,
    /// The same moment by the machine's clock, for those who cannot ask this one.
    since_world: Timestamp,
    speed: f64,
    paused: bool,
    /// It was never anything but the machine's clock.
    is_the_worlds: bool,
    /// So many were woken and have not gone on yet.
    waking: usize,
    next_sleeper: u64,
    /// By end, and then by who came first: the order of waking.
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl State {
    fn now(&self) -> Timestamp {
        if self.paused {
            return self.shown;
        }
        let passed = SignedDuration::try_from_secs_f64(self.since.elapsed().as_secs_f64() * self.speed);
        passed.ok().and_then(|passed| self.shown.checked_add(passed).ok()).unwrap_or(Timestamp::MAX)
    }

    fn show(&mut self, now: Timestamp) {
        self.shown = now;
        self.since = Instant::now();
        self.since_world = Timestamp::now();
        self.is_the_worlds = false;
    }

    /// How long the world takes until the clock shows this time. A standing clock never does.
    fn wait_for(&self, end: Timestamp) -> Option<Duration> {
        if self.paused {
            return None;
        }
        let left = end.duration_since(self.now()).as_secs_f64() / self.speed;
        Duration::try_from_secs_f64(left.max(0.0)).ok()
    }

    /// Takes out who has slept long enough, in the order of waking.
    fn due(&mut self) -> Vec<oneshot::Sender<()>> {
        let now = self.now();
        let mut due = Vec::new();
        while let Some(first) = self.sleepers.first_entry() {
            if first.key().0 > now {
                break;
            }
            due.push(first.remove());
        }
        self.waking += due.len();
        due
    }
}

impl Clock {
    /// The machine's clock, until somebody moves or stops it.
    pub fn of_the_world() -> Self {
        let clock = Self::new(Timestamp::now(), 1.0, false);
        clock.state().is_the_worlds = true;
        clock
    }

    /// A clock that shows this time now and runs this many times as fast as the world. A speed that is no positive
    /// number is 1.
    pub fn running(now: Timestamp, speed: f64) -> Self {
        Self::new(now, speed, false)
    }

    /// A clock that stands at this time until it is moved.
    pub fn paused(now: Timestamp) -> Self {
        Self::new(now, 1.0, true)
    }

    fn new(now: Timestamp, speed: f64, paused: bool) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        let sleepers = BTreeMap::new();
        let state = State {
            shown: now,
            since: Instant::now(),
            since_world: Timestamp::now(),
            speed,
            paused,
            is_the_worlds: false,
            waking: 0,
            next_sleeper: 0,
            sleepers,
        };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), changes: watch::Sender::new(0) }) }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Waits until the clock shows this time. Who drops the wait is forgotten.
    pub async fn sleep_until(&self, end: Timestamp) {
        sleep::until(&self.inner, end).await;
    }

    /// Waits for this long, as the clock counts.
    pub async fn sleep(&self, duration: SignedDuration) {
        let end = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        self.sleep_until(end).await;
    }

    /// Moves the clock on at once, whether it stands or runs, and wakes whose sleep is over, the earliest end first.
    /// A negative duration moves nothing: this clock never goes back.
    pub fn tick(&self, duration: SignedDuration) {
        self.go_to(self.now().checked_add(duration).unwrap_or(Timestamp::MAX));
    }

    /// Moves the clock on to this time, as a tick does. If it shows more already, nothing moves.
    pub fn go_to(&self, moment: Timestamp) {
        self.change(|state| {
            if state.now() < moment {
                state.show(moment);
            }
        });
    }

    /// Stops the clock.
    pub fn pause(&self) {
        self.change(|state| {
            if !state.paused {
                state.show(state.now());
                state.paused = true;
            }
        });
    }

    /// Lets the clock run, at its speed.
    pub fn resume(&self) {
        self.change(|state| {
            if state.paused {
                state.show(state.now());
                state.paused = false;
            }
        });
    }

    /// What the clock shows from now on until it is changed again, as a line over the machine's time. None if it is
    /// simply the machine's.
    pub fn line(&self) -> Option<Line> {
        let state = self.state();
        let speed = if state.paused { 0.0 } else { state.speed };
        (!state.is_the_worlds).then_some(Line { shown: state.shown, at: state.since_world, speed })
    }

    /// Whether everybody who was woken by a change has gone on from where they slept.
    pub fn all_are_awake(&self) -> bool {
        self.state().waking == 0
    }

    /// Whether the clock stands.
    pub fn is_paused(&self) -> bool {
        self.state().paused
    }

    /// When the next sleep ends, if anybody sleeps.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state().sleepers.first_key_value().map(|((end, _), _)| *end)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let (due, runs) = {
            let mut state = self.state();
            let ran = !state.paused;
            change(&mut state);
            (state.due(), ran || !state.paused)
        };
        for sleeper in due {
            // Who stopped waiting need not be woken.
            sleeper.send(()).ok();
        }
        // On a clock that stands before and after, the world's time ends no sleep.
        if runs {
            self.inner.changes.send_modify(|count| *count += 1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
