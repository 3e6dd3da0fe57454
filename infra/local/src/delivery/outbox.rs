//! Everything that a sender still owes, and in which order it is due.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::sender::Parcel;

/// The deliveries that have not ended.
#[derive(Debug)]
pub(crate) struct Outbox<P> {
    parcels: BTreeMap<u64, P>,
    /// Those that nobody works on, the most urgent first.
    due: BTreeSet<(Timestamp, u64)>,
    /// Those that wait for others to overtake them.
    held: BTreeSet<u64>,
    next_number: u64,
}

impl<P> Default for Outbox<P> {
    fn default() -> Self {
        Self { parcels: BTreeMap::new(), due: BTreeSet::new(), held: BTreeSet::new(), next_number: 0 }
    }
}

impl<P: Parcel> Outbox<P> {
    /// A number that nothing here ever had.
    pub(crate) fn new_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Keeps a delivery, new or tried, until it is due.
    pub(crate) fn put(&mut self, parcel: P) {
        let (due, number) = (parcel.progress().due, parcel.progress().number);
        self.next_number = self.next_number.max(number + 1);
        self.remove(number);
        self.due.insert((due, number));
        if parcel.progress().others_first > 0 {
            self.held.insert(number);
        }
        self.parcels.insert(number, parcel);
    }

    /// A delivery has ended.
    pub(crate) fn remove(&mut self, number: u64) {
        if let Some(parcel) = self.parcels.remove(&number) {
            self.due.remove(&(parcel.progress().due, number));
            self.held.remove(&number);
        }
    }

    /// The delivery of this number.
    pub(crate) fn get(&self, number: u64) -> Option<&P> {
        self.parcels.get(&number)
    }

    /// All of them, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &P> {
        self.parcels.values()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.parcels.len()
    }

    /// How many somebody works on.
    pub(super) fn in_work(&self) -> usize {
        self.parcels.len().saturating_sub(self.due.len())
    }

    /// Takes the most urgent delivery to work on it, if one is due.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<P> {
        let (due, number) = self.due.first().copied().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, number));
        self.parcels.get(&number).cloned()
    }

    /// This one has arrived: those on the same way that let it pass, as they are from now on.
    pub(super) fn overtaken(&self, arrived: &P, now: Timestamp) -> Vec<P> {
        let way = |parcel: &P| (parcel.label().from.to_owned(), parcel.label().to.to_owned());
        let earlier = self.held.range(..arrived.progress().number).filter_map(|number| self.parcels.get(number));
        // One that somebody works on is on its way already.
        let waiting = earlier.filter(|held| self.due.contains(&(held.progress().due, held.progress().number)));
        let mut passed: Vec<P> = waiting.filter(|held| way(held) == way(arrived)).cloned().collect();
        for parcel in &mut passed {
            let progress = parcel.progress_mut();
            progress.others_first -= 1;
            if progress.others_first == 0 {
                progress.due = progress.due.min(now);
            }
        }
        passed
    }

    /// Nobody works on any delivery: all wait for their time.
    pub(super) fn release_all(&mut self) {
        let progress = self.parcels.values().map(Parcel::progress);
        self.due = progress.map(|progress| (progress.due, progress.number)).collect();
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }
}
