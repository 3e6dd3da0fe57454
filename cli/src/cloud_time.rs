//! The time that handlers in this process read: what the cloud's clock shows. They wait in the world's time, so that
//! a clock that stands never holds up a handler, and a fast one gives it no rest too short.

use std::time::Duration;

use async_trait::async_trait;
use causeway_local::clock::Clock;
use jiff::{SignedDuration, Timestamp};

/// The cloud's clock as handlers read it.
#[derive(Clone, Debug)]
pub struct CloudTime(pub Clock);

#[async_trait]
impl causeway::time::clock::Clock for CloudTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }
}
