//! A scheduler with one thing wrong.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use causeway::{
    memory::Memory,
    testing::sim::Plan,
    time::{Pending, Timer, TimerError, TimerKey, Timers},
};

/// The newest call wins, whatever commit it is for.
pub(super) fn moved_back(plan: &mut Plan, _: &Memory) {
    plan.wrap_timers = |timers| Arc::new(NewestCall { timers, calls: AtomicU64::new(0) });
}

struct NewestCall {
    timers: Arc<dyn Timers>,
    calls: AtomicU64,
}

impl NewestCall {
    fn call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }
}

#[async_trait]
impl Timers for NewestCall {
    async fn set(&self, timer: &Timer) -> Result<(), TimerError> {
        self.timers.set(&Timer { version: self.call(), ..timer.clone() }).await
    }

    async fn cancel(&self, key: &TimerKey, _version: u64) -> Result<(), TimerError> {
        self.timers.cancel(key, self.call()).await
    }

    async fn list(&self) -> Result<Vec<Pending>, TimerError> {
        self.timers.list().await
    }
}
