//! The deliveries that have not ended: their progress as it is stored, the faults planned for them, and the order in which
//! they are due.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::faults::{Faults, Kind, Part};

use super::retry_policy::RetryPolicy;

/// The mean delay of a delayed delivery.
const MEAN_DELAY: SignedDuration = SignedDuration::from_secs(4);
/// The longest delay. Two of these stay below the smallest maximum age that a retry policy may set.
const MAX_DELAY: SignedDuration = SignedDuration::from_secs(30);
/// The longest time that a delivery waits for later ones to overtake it.
const MAX_REORDER_DELAY: SignedDuration = SignedDuration::from_secs(10);
/// The most deliveries that overtake one.
const MAX_OVERTAKERS: u32 = 3;
/// The longest time between a delivery and its duplicate.
const MAX_DUPLICATE_DELAY: SignedDuration = SignedDuration::from_secs(2);

/// A delivery of one event or input to one target.
pub(crate) trait Delivery: Clone + Send + Sync + 'static {
    /// The part that changes from attempt to attempt.
    fn progress(&self) -> &Progress;

    /// The part that changes from attempt to attempt, for changing it.
    fn progress_mut(&mut self) -> &mut Progress;

    /// The part that stays the same in all attempts.
    fn meta(&self) -> DeliveryMeta<'_>;
}

/// The part of a delivery that stays the same in all attempts.
pub(crate) struct DeliveryMeta<'d> {
    /// The id of the event or of the execution, as observers see it.
    pub(crate) id: &'d str,
    /// The ARN of the rule or of the schedule.
    pub(crate) from: &'d str,
    pub(crate) to: &'d str,
    /// The time from which observers count the age.
    pub(crate) since: Timestamp,
    /// The time from which the retry policy counts the age.
    pub(crate) sent: Timestamp,
    pub(crate) policy: RetryPolicy,
    pub(crate) dead_letters: Option<&'d str>,
}

/// The part of a delivery that changes from attempt to attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The delivery's number, unique within its service.
    pub(crate) number: u64,
    /// The number of attempts made so far.
    #[serde(rename = "tries")]
    pub(crate) attempts: u32,
    pub(crate) due: Timestamp,
    /// Set when there are no more attempts and only the dead letter is left to send.
    #[serde(rename = "doomed")]
    pub(crate) failure: Option<DeliveryFailure>,
    /// The number of later deliveries that shall overtake this one, if they come in time.
    #[serde(default, rename = "others_first", skip_serializing_if = "is_zero")]
    pub(crate) overtakers: u32,
    /// Whether a planned fault makes the first attempt fail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dropped: bool,
}

/// Why a delivery failed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryFailure {
    pub(crate) code: String,
    pub(crate) message: String,
    /// The limit of the retry policy that ended the delivery, if one did.
    pub(crate) exhausted: Option<String>,
    /// The number of failed attempts to send the dead letter.
    #[serde(rename = "burials")]
    pub(crate) dead_letter_attempts: u32,
}

impl Progress {
    pub(crate) fn new(number: u64, due: Timestamp) -> Self {
        Self { number, attempts: 0, due, failure: None, overtakers: 0, dropped: false }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The progress with which the next delivery from a rule or schedule to a target starts, and that of its duplicate if there
/// is one. Faults are drawn before the first attempt and stored with the delivery, so that a restart does not change them.
pub(crate) fn planned_progress(
    faults: &Faults,
    part: Part,
    (from, to): (&str, &str),
    policy: RetryPolicy,
    due: Timestamp,
    mut new_number: impl FnMut() -> u64,
) -> Vec<Progress> {
    let mut first = Progress::new(new_number(), due);
    if faults.seed().is_none() {
        return vec![first];
    }
    // The last part of an ARN is the name of the resource.
    let name = |arn: &str| arn.rsplit(':').next().unwrap_or(arn).to_owned();
    let subject = format!("{} to {}", name(from), name(to));
    let draw = |kind| faults.draw(kind, part, &subject);
    let later = |time: Timestamp, by| time.checked_add(by).unwrap_or(Timestamp::MAX);
    if let Some(delay) = draw(Kind::Delay) {
        first.due = later(first.due, delay.about(MEAN_DELAY, MAX_DELAY));
    }
    if let Some(reorder) = draw(Kind::Reorder) {
        first.due = later(first.due, MAX_REORDER_DELAY);
        first.overtakers = reorder.one_of(MAX_OVERTAKERS);
    }
    // A fault must not lose an event: a delivery without retries is not dropped.
    if policy.maximum_retry_attempts != Some(0) {
        first.dropped = draw(Kind::Drop).is_some();
    }
    let duplicate = draw(Kind::Duplicate).map(|duplicate| later(first.due, duplicate.within(MAX_DUPLICATE_DELAY)));
    [first].into_iter().chain(duplicate.map(|due| Progress::new(new_number(), due))).collect()
}

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

    pub(crate) fn remove(&mut self, number: u64) {
        if let Some(delivery) = self.deliveries.remove(&number) {
            self.due.remove(&(delivery.progress().due, number));
            self.held.remove(&number);
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&D> {
        self.deliveries.get(&number)
    }

    /// All deliveries, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &D> {
        self.deliveries.values()
    }

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

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(due, _)| *due)
    }
}
