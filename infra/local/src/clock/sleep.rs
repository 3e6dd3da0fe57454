//! One wait on the clock: it ends when the clock is moved past its end, or runs there.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::Inner;

/// A place among the sleepers, given up when the wait is dropped.
struct Place<'clock> {
    clock: &'clock Inner,
    key: (Timestamp, u64),
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.clock.state();
        // Who is no sleeper any more was woken, and goes on now.
        if state.sleepers.remove(&self.key).is_none() {
            state.waking = state.waking.saturating_sub(1);
        }
    }
}

/// Waits until the clock shows this time.
pub(super) async fn until(clock: &Inner, end: Timestamp) {
    let mut changes = clock.changes.subscribe();
    let (waker, mut woken) = oneshot::channel();
    let place = {
        let mut state = clock.state();
        if state.now() >= end {
            return;
        }
        let key = (end, state.next_sleeper);
        state.next_sleeper += 1;
        state.sleepers.insert(key, waker);
        Place { clock, key }
    };
    loop {
        let wait = {
            let state = clock.state();
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
    drop(place);
}
