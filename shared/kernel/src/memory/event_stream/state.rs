//! [`Shared`]: the events of a stream, the next position of each subscription, and the writers that wait, under one mutex.
//! An event is kept once; a subscription is a position in it, so a slow one costs no memory.
//! Wakers are called and dropped after the mutex is released, because they may run or drop a task that uses the stream.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use crate::{Delivery, memory::lock::lock};

/// An event of a stream, with its position.
#[derive(Clone, Debug)]
pub struct StreamEvent {
    /// The position, counted from 1 without gaps.
    pub position: u64,
    /// The event as it is delivered; [`receive`](crate::delivery::receive()) decodes it.
    pub delivery: Arc<Delivery>,
}

/// The events that a subscription receives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EventFilter {
    /// All events.
    #[default]
    All,
    /// The events of these names.
    Named(BTreeSet<String>),
}

impl EventFilter {
    /// The events of these names.
    pub fn named<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Self {
        Self::Named(names.into_iter().map(Into::into).collect())
    }

    /// Whether the subscription receives this event.
    pub fn matches(&self, delivery: &Delivery) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(&delivery.detail_type),
        }
    }
}

/// How a subscription reads a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionConfig {
    /// The name of the subscriber, for [`Full`].
    pub name: String,
    /// The position of the first event.
    pub from: u64,
    /// The events that are delivered.
    pub filter: EventFilter,
    /// How many events the subscription may be behind before writers wait; `None` leaves it to the stream's capacity. If
    /// both are set, the smaller one applies.
    pub capacity: Option<usize>,
}

impl SubscriptionConfig {
    /// All events from this position on, without a capacity of its own.
    pub fn new(name: impl Into<String>, from: u64) -> Self {
        Self { name: name.into(), from, filter: EventFilter::All, capacity: None }
    }
}

/// Events that were not appended, because a subscriber would be too far behind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not appended: {subscriber} is {behind} events behind, at most {capacity} are allowed")]
pub struct Full {
    /// The name of the slowest subscriber: of those that the events would put over their capacity, the one that is
    /// the most events behind.
    pub subscriber: String,
    /// How many events it has not taken yet.
    pub behind: usize,
    /// How many events it may be behind.
    pub capacity: usize,
}

/// The state that the handles, subscriptions and waiting writers of a stream share.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    events: Vec<Arc<Delivery>>,
    positions_by_name: HashMap<String, Vec<u64>>,
    capacity: Option<usize>,
    has_ended: bool,
    subscribers: BTreeMap<u64, Subscriber>,
    /// In the order in which they began to wait.
    writers: VecDeque<Writer>,
    last_id: u64,
}

struct Subscriber {
    config: SubscriptionConfig,
    next: u64,
    waker: Option<Waker>,
}

struct Writer {
    id: u64,
    events: Vec<Arc<Delivery>>,
    waker: Waker,
}

/// The wakers to call and to drop once the mutex is released.
#[derive(Default)]
struct Wakers {
    called: Vec<Waker>,
    dropped: Vec<Waker>,
}

impl Shared {
    pub(super) fn new(capacity: Option<usize>) -> Self {
        Self { state: Mutex::new(State { capacity, ..State::default() }) }
    }

    pub(super) fn last_position(&self) -> u64 {
        lock(&self.state).last_position()
    }

    pub(super) fn read(&self, filter: &EventFilter, from: u64, max: usize) -> Vec<StreamEvent> {
        let state = lock(&self.state);
        let mut events = Vec::new();
        let mut from = from;
        while let Some(event) = state.first_match(filter, from).filter(|_| events.len() < max) {
            from = event.position + 1;
            events.push(event);
        }
        events
    }

    pub(super) fn try_append(&self, events: Vec<Arc<Delivery>>) -> Result<u64, Full> {
        self.change(|state, wakers| match state.would_exceed(&events) {
            Some(full) => Err(full),
            None => Ok(state.append(events, wakers)),
        })
    }

    /// Appends the events, or queues them under the writer's id. Both happen in one poll, so a writer that is dropped
    /// while it waits has appended nothing.
    pub(super) fn poll_append(
        &self,
        id: &mut Option<u64>,
        events: &mut Vec<Arc<Delivery>>,
        waker: &Waker,
    ) -> Poll<u64> {
        self.change(|state, wakers| match *id {
            None if events.is_empty() => Poll::Ready(state.last_position()),
            None if state.writers.is_empty() && state.would_exceed(events).is_none() => {
                Poll::Ready(state.append(std::mem::take(events), wakers))
            }
            None => {
                let writer = Writer { id: state.new_id(), events: std::mem::take(events), waker: waker.clone() };
                *id = Some(writer.id);
                state.writers.push_back(writer);
                Poll::Pending
            }
            Some(id) => state.poll_writer(id, waker, wakers),
        })
    }

    /// Removes a writer that no longer waits.
    pub(super) fn remove_writer(&self, id: u64) {
        self.change(|state, wakers| {
            if let Some(index) = state.writers.iter().position(|writer| writer.id == id) {
                wakers.dropped.extend(state.writers.remove(index).map(|writer| writer.waker));
                state.wake_writer(wakers);
            }
        });
    }

    pub(super) fn subscribe(&self, config: SubscriptionConfig) -> u64 {
        let mut state = lock(&self.state);
        let id = state.new_id();
        let next = config.from.max(1);
        state.subscribers.insert(id, Subscriber { config, next, waker: None });
        id
    }

    /// Removes a subscription and wakes the writers that waited for it.
    pub(super) fn unsubscribe(&self, id: u64) {
        self.change(|state, wakers| {
            let subscriber = state.subscribers.remove(&id);
            wakers.dropped.extend(subscriber.and_then(|subscriber| subscriber.waker));
            state.wake_writer(wakers);
        });
    }

    /// The next event of a subscription; `None` when the stream has ended. The position moves on only with an event.
    pub(super) fn poll_next(&self, id: u64, waker: &Waker) -> Poll<Option<StreamEvent>> {
        self.change(|state, wakers| state.poll_next(id, waker, wakers))
    }

    /// Ends the stream: subscriptions end after its last event.
    pub(super) fn end(&self) {
        self.change(|state, wakers| {
            state.has_ended = true;
            wakers.called.extend(state.subscribers.values_mut().filter_map(|subscriber| subscriber.waker.take()));
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut State, &mut Wakers) -> T) -> T {
        let mut wakers = Wakers::default();
        let result = change(&mut lock(&self.state), &mut wakers);
        drop(wakers.dropped);
        wakers.called.into_iter().for_each(Waker::wake);
        result
    }
}

impl State {
    fn last_position(&self) -> u64 {
        self.events.len() as u64
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn first_match(&self, filter: &EventFilter, from: u64) -> Option<StreamEvent> {
        let from = from.max(1);
        let position = match filter {
            EventFilter::All => from,
            EventFilter::Named(names) => {
                let lists = names.iter().filter_map(|name| self.positions_by_name.get(name));
                lists.filter_map(|positions| positions.get(before(positions, from))).min().copied()?
            }
        };
        let delivery = self.events.get(usize::try_from(position - 1).ok()?)?;
        Some(StreamEvent { position, delivery: Arc::clone(delivery) })
    }

    /// How many events the subscriber has not taken yet.
    fn behind(&self, subscriber: &Subscriber) -> usize {
        match &subscriber.config.filter {
            EventFilter::All => {
                let behind = (self.last_position() + 1).saturating_sub(subscriber.next);
                usize::try_from(behind).unwrap_or(usize::MAX)
            }
            EventFilter::Named(names) => {
                let lists = names.iter().filter_map(|name| self.positions_by_name.get(name));
                lists.map(|positions| positions.len() - before(positions, subscriber.next)).sum()
            }
        }
    }

    /// The slowest of the subscribers that these events would put over their capacity. A subscriber that has taken
    /// everything takes any number of events, so that a batch larger than the capacity does not wait forever.
    fn would_exceed(&self, events: &[Arc<Delivery>]) -> Option<Full> {
        let mut slowest: Option<Full> = None;
        for subscriber in self.subscribers.values() {
            let capacity = self.capacity.into_iter().chain(subscriber.config.capacity).min();
            let Some(capacity) = capacity else { continue };
            let added = events.iter().filter(|event| subscriber.config.filter.matches(event)).count();
            let behind = self.behind(subscriber);
            let is_over = added > 0 && behind > 0 && behind + added > capacity;
            if is_over && slowest.as_ref().is_none_or(|slowest| behind > slowest.behind) {
                slowest = Some(Full { subscriber: subscriber.config.name.clone(), behind, capacity });
            }
        }
        slowest
    }

    fn append(&mut self, events: Vec<Arc<Delivery>>, wakers: &mut Wakers) -> u64 {
        for subscriber in self.subscribers.values_mut().filter(|subscriber| subscriber.waker.is_some()) {
            if events.iter().any(|event| subscriber.config.filter.matches(event)) {
                wakers.called.extend(subscriber.waker.take());
            }
        }
        for event in events {
            let position = self.last_position() + 1;
            match self.positions_by_name.get_mut(&event.detail_type) {
                Some(positions) => positions.push(position),
                None => {
                    self.positions_by_name.insert(event.detail_type.clone(), vec![position]);
                }
            }
            self.events.push(event);
        }
        self.last_position()
    }

    fn poll_writer(&mut self, id: u64, waker: &Waker, wakers: &mut Wakers) -> Poll<u64> {
        let first = self.writers.front().filter(|writer| writer.id == id);
        let has_room = first.is_some_and(|writer| self.would_exceed(&writer.events).is_none());
        if has_room && let Some(writer) = self.writers.pop_front() {
            wakers.dropped.push(writer.waker);
            let position = self.append(writer.events, wakers);
            self.wake_writer(wakers);
            return Poll::Ready(position);
        }
        if let Some(writer) = self.writers.iter_mut().find(|writer| writer.id == id)
            && !writer.waker.will_wake(waker)
        {
            wakers.dropped.push(std::mem::replace(&mut writer.waker, waker.clone()));
        }
        Poll::Pending
    }

    /// Wakes the writer that waits longest, if its events can be appended now. When it has appended or is dropped, it
    /// wakes the one after it.
    fn wake_writer(&self, wakers: &mut Wakers) {
        let first = self.writers.front().filter(|writer| self.would_exceed(&writer.events).is_none());
        wakers.called.extend(first.map(|writer| writer.waker.clone()));
    }

    fn poll_next(&mut self, id: u64, waker: &Waker, wakers: &mut Wakers) -> Poll<Option<StreamEvent>> {
        let Some(subscriber) = self.subscribers.get(&id) else { return Poll::Ready(None) };
        let event = self.first_match(&subscriber.config.filter, subscriber.next);
        let next = match &event {
            Some(event) => event.position + 1,
            None => subscriber.next.max(self.last_position() + 1),
        };
        let has_ended = self.has_ended;
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return Poll::Ready(None) };
        subscriber.next = next;
        if event.is_some() {
            self.wake_writer(wakers);
            return Poll::Ready(event);
        }
        if has_ended {
            return Poll::Ready(None);
        }
        if subscriber.waker.as_ref().is_none_or(|known| !known.will_wake(waker)) {
            wakers.dropped.extend(subscriber.waker.replace(waker.clone()));
        }
        Poll::Pending
    }
}

/// How many of the positions are before this one.
fn before(positions: &[u64], position: u64) -> usize {
    positions.partition_point(|other| *other < position)
}
