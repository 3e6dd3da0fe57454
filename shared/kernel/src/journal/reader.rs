//! Reads a partition of the journal by position, by type and between two times.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::journal::{Batch, Journal, JournalError, JournalEvent};

/// How many batches one call reads at most, so that a query with few matches ends, too.
const MAX_BATCHES: usize = 100;

/// Which events are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalQuery {
    /// Events of these types; all if it is empty.
    pub types: BTreeSet<String>,
    /// Events at this time or later.
    pub from: Option<Timestamp>,
    /// Events before this time.
    pub to: Option<Timestamp>,
}

/// Events in the order of their positions.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalPage {
    /// The events; a page may have none and still not be the last.
    pub events: Vec<JournalEvent>,
    /// The position to read on from.
    pub next: u64,
    /// Whether the journal ended before `next` when it was read.
    pub ended: bool,
}

impl JournalQuery {
    fn matches(&self, event: &JournalEvent) -> bool {
        (self.types.is_empty() || self.types.contains(&event.event.name))
            && self.from.is_none_or(|from| event.at >= from)
            && self.to.is_none_or(|to| event.at < to)
    }
}

/// At most `max` events that match, at position `from` or later.
pub async fn read(
    journal: &dyn Journal,
    partition: u32,
    from: u64,
    max: usize,
    query: &JournalQuery,
) -> Result<JournalPage, JournalError> {
    let mut page = JournalPage { events: Vec::new(), next: from.max(1), ended: false };
    // The position may be inside of a batch.
    let mut batches = journal.until(partition, page.next, 1).await?;
    batches.retain(|batch| batch.next() > page.next);
    let mut expected = None;
    let mut read = 0;
    while read < MAX_BATCHES {
        if batches.is_empty() {
            let begin = expected.unwrap_or(page.next);
            batches = journal.since(partition, begin, u32::try_from(MAX_BATCHES - read).unwrap_or(1)).await?;
        }
        if batches.is_empty() {
            page.ended = true;
            return Ok(page);
        }
        for batch in batches.drain(..) {
            check(&batch, expected, &page)?;
            let begin = page.next;
            for event in batch.events().filter(|event| event.position >= begin) {
                if page.events.len() == max {
                    return Ok(page);
                }
                page.next = event.position + 1;
                if query.matches(&event) {
                    page.events.push(event);
                }
            }
            expected = Some(batch.next());
            read += 1;
        }
    }
    Ok(page)
}

/// Fails if the batch does not continue the one before it.
fn check(batch: &Batch, expected: Option<u64>, page: &JournalPage) -> Result<(), JournalError> {
    let expected = expected.unwrap_or(batch.position.min(page.next));
    if batch.position == expected { Ok(()) } else { Err(JournalError::Gap { expected, found: batch.position }) }
}

/// At most `max` events of this type.
pub async fn read_type(
    journal: &dyn Journal,
    partition: u32,
    event_type: &str,
    from: u64,
    max: usize,
) -> Result<JournalPage, JournalError> {
    let query = JournalQuery { types: BTreeSet::from([event_type.to_owned()]), ..JournalQuery::default() };
    read(journal, partition, from, max, &query).await
}

/// At most `max` events that happened from the first time on and before the second. The order is that of the positions.
pub async fn read_between(
    journal: &dyn Journal,
    partition: u32,
    (begin, end): (Timestamp, Timestamp),
    from: u64,
    max: usize,
) -> Result<JournalPage, JournalError> {
    let query = JournalQuery { from: Some(begin), to: Some(end), ..JournalQuery::default() };
    read(journal, partition, from, max, &query).await
}
