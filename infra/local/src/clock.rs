//! The clock of the local cloud. Every wait uses it, so that time can run faster than the machine's, pause, or be
//! advanced by a caller.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

/// The clock. Clones share it.
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
    /// Counts the changes after which a running sleep must compute its duration again.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    /// The clock's time at `since`.
    shown: Timestamp,
    since: Instant,
    /// `since` by the machine's clock.
    since_machine: Timestamp,
    speed: f64,
    paused: bool,
    /// Nobody has changed the clock: it is the machine's.
    is_machine_clock: bool,
    /// Number of sleepers that were woken and have not continued yet.
    waking: usize,
    next_sleeper: u64,
    /// By end and then by arrival, which is the order of waking.
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
        self.since_machine = Timestamp::now();
        self.is_machine_clock = false;
    }

    /// Real time until the clock reaches `end`. `None` if the clock is paused.
    fn wait_for(&self, end: Timestamp) -> Option<Duration> {
        if self.paused {
            return None;
        }
        let left = end.duration_since(self.now()).as_secs_f64() / self.speed;
        Duration::try_from_secs_f64(left.max(0.0)).ok()
    }

    /// Removes the sleepers that are due, in the order of waking.
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
    /// The machine's clock, until it is advanced or paused.
    pub fn of_the_machine() -> Self {
        let clock = Self::new(Timestamp::now(), 1.0, false);
        clock.state().is_machine_clock = true;
        clock
    }

    /// A clock that starts at `now` and runs `speed` times as fast as the machine's. A speed that is not a positive
    /// number counts as 1.
    pub fn running(now: Timestamp, speed: f64) -> Self {
        Self::new(now, speed, false)
    }

    /// A clock that is paused at `now`.
    pub fn paused(now: Timestamp) -> Self {
        Self::new(now, 1.0, true)
    }

    fn new(now: Timestamp, speed: f64, paused: bool) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        let state = State {
            shown: now,
            since: Instant::now(),
            since_machine: Timestamp::now(),
            speed,
            paused,
            is_machine_clock: false,
            waking: 0,
            next_sleeper: 0,
            sleepers: BTreeMap::new(),
        };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), changes: watch::Sender::new(0) }) }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Sleeps until the clock reaches `end`, because it runs there or is advanced.
    pub async fn sleep_until(&self, end: Timestamp) {
        let mut changes = self.inner.changes.subscribe();
        let (waker, mut woken) = oneshot::channel();
        let entry = {
            let mut state = self.state();
            if state.now() >= end {
                return;
            }
            let key = (end, state.next_sleeper);
            state.next_sleeper += 1;
            state.sleepers.insert(key, waker);
            SleepEntry { clock: self, key }
        };
        loop {
            let wait = {
                let state = self.state();
                if state.now() >= end {
                    break;
                }
                state.wait_for(end)
            };
            match wait {
                Some(wait) => tokio::select! {
                    biased;
                    _ = &mut woken => break,
                    _ = changes.changed() => {}
                    () = tokio::time::sleep(wait) => {}
                },
                None => tokio::select! {
                    biased;
                    _ = &mut woken => break,
                    _ = changes.changed() => {}
                },
            }
        }
        drop(entry);
    }

    /// Sleeps until this time, or forever if there is none.
    pub(crate) async fn sleep_until_any(&self, end: Option<Timestamp>) {
        match end {
            Some(end) => self.sleep_until(end).await,
            None => std::future::pending().await,
        }
    }

    /// Sleeps for a duration of this clock.
    pub async fn sleep(&self, duration: SignedDuration) {
        let end = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        self.sleep_until(end).await;
    }

    /// Advances the clock at once, paused or not, and wakes the sleepers that are due, the earliest end first. A
    /// negative duration changes nothing: the clock never goes back.
    pub fn tick(&self, duration: SignedDuration) {
        self.advance_to(self.now().checked_add(duration).unwrap_or(Timestamp::MAX));
    }

    /// Advances the clock to this time, as `tick` does. A time in the past changes nothing.
    pub fn advance_to(&self, target: Timestamp) {
        self.change(|state| {
            if state.now() < target {
                state.show(target);
            }
        });
    }

    /// Pauses the clock.
    pub fn pause(&self) {
        self.change(|state| {
            if !state.paused {
                state.show(state.now());
                state.paused = true;
            }
        });
    }

    /// Resumes a paused clock at its speed.
    pub fn resume(&self) {
        self.change(|state| {
            if state.paused {
                state.show(state.now());
                state.paused = false;
            }
        });
    }

    /// The clock as a linear function of the machine's, valid until the next change. `None` if it is the machine's.
    pub fn line(&self) -> Option<Line> {
        let state = self.state();
        let speed = if state.paused { 0.0 } else { state.speed };
        (!state.is_machine_clock).then_some(Line { shown: state.shown, at: state.since_machine, speed })
    }

    /// Whether every sleeper that was woken has continued.
    pub fn all_are_awake(&self) -> bool {
        self.state().waking == 0
    }

    /// Whether the clock is paused.
    pub fn is_paused(&self) -> bool {
        self.state().paused
    }

    /// When the next sleep ends. `None` if nothing sleeps.
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
            // The sleep may have been dropped.
            sleeper.send(()).ok();
        }
        // On a paused clock no sleep depends on real time.
        if runs {
            self.inner.changes.send_modify(|count| *count += 1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock as a linear function of the machine's, for processes that cannot ask it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The clock's time at `at`.
    pub shown: Timestamp,
    /// The machine's time.
    pub at: Timestamp,
    /// Speed relative to the machine's clock; 0 if the clock is paused.
    pub speed: f64,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, at, speed } = self;
        write!(formatter, "{shown}@{at}*{speed}")
    }
}

struct SleepEntry<'clock> {
    clock: &'clock Clock,
    key: (Timestamp, u64),
}

impl Drop for SleepEntry<'_> {
    fn drop(&mut self) {
        let mut state = self.clock.state();
        // A sleeper that is no longer in the map was woken and continues now.
        if state.sleepers.remove(&self.key).is_none() {
            state.waking = state.waking.saturating_sub(1);
        }
    }
}
