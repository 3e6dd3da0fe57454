//! [`Stop`]: the request to stop, which all loops of a bridge watch. What is not acknowledged then is delivered again.

use std::time::Duration;

use causeway::Backoff;
use causeway_aws::clock::OsIds;
use jiff::SignedDuration;
use tokio::sync::watch;

/// The delays between attempts. There is always another attempt.
const RETRY: Backoff =
    Backoff { first: SignedDuration::from_millis(200), most: SignedDuration::from_secs(10), tries: u32::MAX };

/// The request to stop. A clone sees the same request.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// The request, and the sender that makes it.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Whether it was made.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is made.
    pub async fn requested(&self) {
        // Without a sender nobody can use the bridge any more.
        self.0.clone().wait_for(|stop| *stop).await.map(drop).unwrap_or_default();
    }

    /// Waits before the retry of this number, or until the request.
    pub async fn pause(&self, retry: u32) {
        let delay = RETRY.delay(retry, &OsIds).and_then(|delay| Duration::try_from(delay).ok()).unwrap_or_default();
        tokio::select! {
            () = self.requested() => {}
            () = tokio::time::sleep(delay) => {}
        }
    }
}
