//! Repeats writes to the inbox and to the outcomes that are not answered.

use jiff::SignedDuration;

use crate::{ports::Ports, time::Backoff};

/// The delay between repeated writes to the inbox and the outcomes. A claim whose answer is lost for good looks to the
/// next attempt as if the effect had been attempted, so the write is repeated.
const WRITE_BACKOFF: Backoff =
    Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(1), tries: 3 };

/// Writes to the inbox or the outcomes, and again if the store does not answer. The id of the attempt makes every write
/// to the inbox repeatable.
pub(super) async fn repeated<T, E, Answer>(ports: &Ports, write: impl Fn() -> Answer) -> Result<T, E>
where
    Answer: Future<Output = Result<T, E>>,
{
    let mut retry = 0;
    loop {
        let result = write().await;
        match WRITE_BACKOFF.delay(retry, ports.ids.as_ref()) {
            Some(delay) if result.is_err() => ports.clock.sleep(delay).await,
            _ => return result,
        }
        retry += 1;
    }
}
