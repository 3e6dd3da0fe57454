//! [`EventCount`]: how many events there were of each type between two times.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Counts events by type between two times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCount {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    counts: BTreeMap<String, u64>,
}

/// The end of a period is not after its beginning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("to: {to} must be later than from, which is {from}")]
pub struct EmptyPeriod {
    /// The beginning.
    pub from: Timestamp,
    /// The end.
    pub to: Timestamp,
}

impl EventCount {
    /// A count of the events at `from` or later, and before `to`. Without a bound, the period is open there.
    pub fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self, EmptyPeriod> {
        match (from, to) {
            (Some(from), Some(to)) if from >= to => Err(EmptyPeriod { from, to }),
            _ => Ok(Self { from, to, counts: BTreeMap::new() }),
        }
    }

    /// Counts an event of this type and time.
    pub fn add(&mut self, event_type: &str, at: Timestamp) {
        let is_early = self.from.is_some_and(|from| at < from);
        if is_early || self.to.is_some_and(|to| at >= to) {
            return;
        }
        match self.counts.get_mut(event_type) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(event_type.to_owned(), 1);
            }
        }
    }

    /// The number of events of this type.
    pub fn of(&self, event_type: &str) -> u64 {
        self.counts.get(event_type).copied().unwrap_or_default()
    }

    /// The types that occurred, with their numbers.
    pub fn types(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(event_type, count)| (event_type.as_str(), *count))
    }
}
