//! The deliveries that have not ended, and the order in which they are due.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::service::Delivery;

/// The deliveries that have not ended.
#[derive(Debug)]
pub(crate) struct Outbox<D> {
    deliveries: BTreeMap<u64, D>,
    /// Deliveries that are not being attempted, the earliest due first.
    due: BTreeSet<(Timestamp, u64)>,
    /// Deliveries that wait for later ones to overtake them.
    held: BTreeSet<u64>,
    next_number: u64,
}

impl<D> Default for Outbox<D> {
    fn default() -> Self {
        Self { deliveries: BTreeMap::new(), due: BTreeSet::new(), held: BTreeSet::new(), next_number: 0 }
    }
}

impl<D: Delivery> Outbox<D> {
    /// Returns a number that no delivery here ever had.
    pub(crate) fn new_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Adds a new delivery, or replaces an attempted one. It waits until it is due.
    pub(crate) fn put(&mut self, delivery: D) {
        let (due, number) = (delivery.progress().due, delivery.progress().number);
        self.next_number = self.next_number.max(number + 1);
        self.remove(number);
        self.due.insert((due, number));
        if delivery.progress().overtakers > 0 {
            self.held.insert(number);
        }
        self.deliveries.insert(number, delivery);
    }

    /// Removes a delivery that has ended.
    pub(crate) fn remove(&mut self, number: u64) {
        if let Some(delivery) = self.deliveries.remove(&number) {
            self.due.remove(&(delivery.progress().due, number));
            self.held.remove(&number);
        }
    }

    /// The delivery with this number.
    pub(crate) fn get(&self, number: u64) -> Option<&D> {
        self.deliveries.get(&number)
    }

    /// All deliveries, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &D> {
        self.deliveries.values()
    }

    /// The number of deliveries.
    pub(crate) fn len(&self) -> usize {
        self.deliveries.len()
    }

    /// The number of deliveries that are being attempted.
    pub(super) fn in_flight(&self) -> usize {
        self.deliveries.len().saturating_sub(self.due.len())
    }

    /// Takes the delivery that has been due for the longest time, if one is due, to attempt it.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<D> {
        let (due, number) = self.due.first().copied().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, number));
        self.deliveries.get(&number).cloned()
    }

    /// The held deliveries on the same route that the delivered one has overtaken, with their progress updated.
    pub(super) fn overtaken_by(&self, delivered: &D, now: Timestamp) -> Vec<D> {
        let route = |delivery: &D| (delivery.meta().from.to_owned(), delivery.meta().to.to_owned());
        let earlier = self.held.range(..delivered.progress().number).filter_map(|number| self.deliveries.get(number));
        // A delivery that is being attempted is no longer held.
        let waiting = earlier.filter(|held| self.due.contains(&(held.progress().due, held.progress().number)));
        let mut overtaken: Vec<D> = waiting.filter(|held| route(held) == route(delivered)).cloned().collect();
        for delivery in &mut overtaken {
            let progress = delivery.progress_mut();
            progress.overtakers -= 1;
            if progress.overtakers == 0 {
                progress.due = progress.due.min(now);
            }
        }
        overtaken
    }

    /// Makes all deliveries wait for their due time, after a start at which none is being attempted.
    pub(super) fn release_all(&mut self) {
        let progress = self.deliveries.values().map(Delivery::progress);
        self.due = progress.map(|progress| (progress.due, progress.number)).collect();
    }

    /// The time at which the next delivery is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }
}
