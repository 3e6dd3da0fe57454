//! A batch from a queue: what comes until the batch is full or its window ends.

use jiff::SignedDuration;

use crate::clock::Clock;

use super::source::{QueueMessage, QueueSource, SourceError};

/// A queue hands out no more than this at once.
const AT_ONCE: usize = 10;

/// Waits for the first message, and then as long as the window for more.
pub(super) async fn gather(
    source: &dyn QueueSource,
    clock: &Clock,
    most: usize,
    window_seconds: u32,
) -> Result<Vec<QueueMessage>, SourceError> {
    let mut messages = source.receive(most.min(AT_ONCE)).await?;
    if window_seconds == 0 || messages.is_empty() {
        return Ok(messages);
    }
    let window = clock.sleep(SignedDuration::from_secs(window_seconds.into()));
    tokio::pin!(window);
    while messages.len() < most {
        let wanted = (most - messages.len()).min(AT_ONCE);
        tokio::select! {
            biased;
            more = source.receive(wanted) => match more {
                Ok(more) => messages.extend(more),
                // What was received already shall not wait for its visibility to end.
                Err(_) => break,
            },
            () = &mut window => break,
        }
    }
    Ok(messages)
}
