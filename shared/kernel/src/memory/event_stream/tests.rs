//! Tests of the event stream.

mod laws;
mod mutants;
mod processors;
mod world;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Wake, Waker},
};

use futures::{FutureExt, StreamExt, executor::block_on, join};
use jiff::Timestamp;
use serde_json::json;

use super::{EventFilter, Full, MemoryEventStream, StreamEvent, Subscription, SubscriptionConfig};
use crate::{
    Delivery,
    memory::{Memory, Subject},
    testing::tests::{envelope, raw, stream},
};

/// An event of this name and id.
pub(super) fn event(name: &str, id: &str) -> Delivery {
    Delivery {
        id: id.to_owned(),
        source: "causeway.order".to_owned(),
        account: None,
        detail_type: name.to_owned(),
        time: Timestamp::UNIX_EPOCH,
        detail: raw(&json!({ "id": id })),
        replay_name: None,
    }
}

fn placed(id: &str) -> Delivery {
    event("OrderPlaced", id)
}

fn paid(id: &str) -> Delivery {
    event("OrderPaid", id)
}

fn shown(events: &[StreamEvent]) -> Vec<(u64, &str)> {
    events.iter().map(|event| (event.position, event.delivery.id.as_str())).collect()
}

fn all(from: u64) -> SubscriptionConfig {
    SubscriptionConfig::new("all", from)
}

fn of_type(name: &str) -> SubscriptionConfig {
    SubscriptionConfig { filter: EventFilter::named([name]), ..SubscriptionConfig::new(name, 1) }
}

/// What the subscription has now, without waiting.
fn ready(subscription: &mut Subscription) -> Vec<u64> {
    let next = || subscription.next().now_or_never().flatten().map(|event| event.position);
    std::iter::from_fn(next).collect()
}

#[test]
fn positions_are_counted_from_one_without_gaps() {
    block_on(async {
        let stream = MemoryEventStream::default();
        assert_eq!(stream.last_position(), 0);
        assert_eq!(stream.append(vec![placed("a"), paid("b")]).await, 2);
        assert_eq!(stream.append(vec![placed("c")]).await, 3);
        assert_eq!(stream.append(Vec::new()).await, 3);
        assert_eq!(shown(&stream.read(0, 9)), [(1, "a"), (2, "b"), (3, "c")]);
        assert_eq!(shown(&stream.read(2, 1)), [(2, "b")]);
        assert_eq!(shown(&stream.read(4, 9)), []);
        assert_eq!(shown(&stream.read(u64::MAX, 9)), []);
    });
}

#[test]
fn the_events_of_a_type_are_read_with_their_positions() {
    block_on(async {
        let stream = MemoryEventStream::default();
        stream.append(vec![placed("a"), paid("b"), placed("c"), placed("d")]).await;
        assert_eq!(shown(&stream.read_type("OrderPlaced", 1, 9)), [(1, "a"), (3, "c"), (4, "d")]);
        assert_eq!(shown(&stream.read_type("OrderPlaced", 2, 1)), [(3, "c")]);
        assert_eq!(shown(&stream.read_type("OrderShipped", 1, 9)), []);
    });
}

#[test]
fn a_late_subscriber_gets_what_is_stored_and_then_what_is_appended() {
    block_on(async {
        let stream = MemoryEventStream::default();
        stream.append(vec![placed("a"), placed("b")]).await;
        let mut late = stream.subscribe(all(2));
        assert_eq!(ready(&mut late), [2]);
        stream.append(vec![placed("c"), placed("d")]).await;
        assert_eq!(ready(&mut late), [3, 4]);
        assert_eq!(ready(&mut late), [0; 0]);
    });
}

#[test]
fn a_subscription_from_a_later_position_skips_what_is_before() {
    block_on(async {
        let stream = MemoryEventStream::default();
        let mut later = stream.subscribe(all(3));
        stream.append(vec![placed("a"), placed("b")]).await;
        assert_eq!(ready(&mut later), [0; 0]);
        stream.append(vec![placed("c")]).await;
        assert_eq!(ready(&mut later), [3]);
    });
}

#[test]
fn a_subscription_by_type_gets_only_its_events_in_order() {
    block_on(async {
        let stream = MemoryEventStream::default();
        let filter = EventFilter::named(["OrderPaid", "OrderShipped"]);
        let subscription = stream.subscribe(SubscriptionConfig { filter, ..all(1) });
        stream.append(vec![event("OrderShipped", "a"), placed("b"), paid("c"), event("OrderShipped", "d")]).await;
        drop(stream);
        let positions: Vec<u64> = subscription.map(|event| event.position).collect().await;
        assert_eq!(positions, [1, 3, 4]);
    });
}

#[test]
fn a_waiting_subscriber_is_woken_by_an_event_of_its_type_only() {
    struct Counter(AtomicU32);
    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let counter = Arc::new(Counter(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&counter));
    let stream = MemoryEventStream::default();
    let mut subscription = stream.subscribe(of_type("OrderPaid"));
    assert!(subscription.poll_next_unpin(&mut Context::from_waker(&waker)).is_pending());
    stream.try_append(vec![placed("a")]).unwrap();
    assert_eq!(counter.0.load(Ordering::Relaxed), 0);
    stream.try_append(vec![paid("b")]).unwrap();
    assert_eq!(counter.0.load(Ordering::Relaxed), 1);
}

#[test]
fn a_subscription_ends_after_the_last_event_when_every_handle_is_dropped() {
    block_on(async {
        let stream = MemoryEventStream::default();
        let other = stream.clone();
        let mut subscription = stream.subscribe(all(1));
        drop(stream);
        other.append(vec![placed("a")]).await;
        let mut waiting = other.subscribe(all(2));
        let end = async { drop(other) };
        assert!(join!(waiting.next(), end).0.is_none());
        assert_eq!(subscription.next().await.map(|event| event.position), Some(1));
        assert!(subscription.next().await.is_none());
        assert!(subscription.next().await.is_none());
    });
}

#[test]
fn a_dropped_next_loses_no_event() {
    block_on(async {
        let stream = MemoryEventStream::default();
        let mut subscription = stream.subscribe(all(1));
        assert!(subscription.next().now_or_never().is_none());
        stream.append(vec![placed("a")]).await;
        drop(subscription.next());
        assert_eq!(ready(&mut subscription), [1]);
    });
}

#[test]
fn a_slow_subscriber_blocks_the_writer_of_a_bounded_stream() {
    block_on(async {
        let stream = MemoryEventStream::bounded(2);
        let mut fast = stream.subscribe(SubscriptionConfig::new("fast", 1));
        let mut slow = stream.subscribe(SubscriptionConfig::new("slow", 1));
        stream.append(vec![placed("a"), placed("b")]).await;
        assert_eq!(ready(&mut fast), [1, 2]);
        let mut writer = std::pin::pin!(stream.append(vec![placed("c")]));
        assert!(writer.as_mut().now_or_never().is_none());
        let full = Full { subscriber: "slow".to_owned(), behind: 2, capacity: 2 };
        assert_eq!(stream.try_append(vec![placed("d")]), Err(full));
        assert_eq!(stream.last_position(), 2);
        assert!(slow.next().await.is_some());
        assert_eq!(writer.await, 3);
    });
}

#[test]
fn the_slowest_of_two_subscribers_is_named() {
    let stream = MemoryEventStream::bounded(3);
    let mut slow = stream.subscribe(SubscriptionConfig::new("slow", 1));
    let _slowest = stream.subscribe(SubscriptionConfig::new("slowest", 1));
    let strict = SubscriptionConfig { capacity: Some(1), ..SubscriptionConfig::new("strict", 1) };
    let mut strict = stream.subscribe(strict);
    for id in ["a", "b", "c"] {
        stream.try_append(vec![placed(id)]).unwrap();
        ready(&mut strict);
    }
    assert!(slow.next().now_or_never().is_some());
    let full = stream.try_append(vec![placed("d"), placed("e")]).unwrap_err();
    assert_eq!((full.subscriber.as_str(), full.behind, full.capacity), ("slowest", 3, 3));
}

#[test]
fn a_subscriber_with_a_capacity_blocks_writers_of_an_unbounded_stream_for_its_types_only() {
    let stream = MemoryEventStream::default();
    let _slow = stream.subscribe(SubscriptionConfig { capacity: Some(1), ..of_type("OrderPaid") });
    let _patient = stream.subscribe(all(1));
    stream.try_append(vec![paid("a")]).unwrap();
    assert_eq!(stream.try_append(vec![placed("b"), placed("c")]), Ok(3));
    assert_eq!(stream.try_append(vec![paid("d")]).unwrap_err().subscriber, "OrderPaid");
}

#[test]
fn a_late_subscriber_holds_writers_until_it_has_caught_up() {
    block_on(async {
        let stream = MemoryEventStream::bounded(1);
        stream.append(vec![placed("a"), placed("b"), placed("c")]).await;
        let late = stream.subscribe(all(1));
        let writer = async {
            let position = stream.append(vec![placed("d")]).await;
            drop(stream);
            position
        };
        let (position, events) = join!(writer, late.map(|event| event.position).collect::<Vec<_>>());
        assert_eq!((position, events), (4, vec![1, 2, 3, 4]));
    });
}

#[test]
fn a_batch_larger_than_the_capacity_is_appended_when_everything_is_taken() {
    let stream = MemoryEventStream::bounded(1);
    let mut subscription = stream.subscribe(all(1));
    stream.try_append(vec![placed("a")]).unwrap();
    assert!(stream.try_append(vec![placed("b"), placed("c")]).is_err());
    assert_eq!(ready(&mut subscription), [1]);
    assert_eq!(stream.try_append(vec![placed("b"), placed("c")]), Ok(3));
}

#[test]
fn a_dropped_subscription_releases_the_writers_in_their_order() {
    block_on(async {
        let stream = MemoryEventStream::bounded(1);
        let slow = stream.subscribe(all(1));
        stream.append(vec![placed("a")]).await;
        let drop_slow = async { drop(slow) };
        let (first, second, ()) =
            join!(stream.append(vec![placed("b"), placed("c")]), stream.append(vec![placed("d")]), drop_slow);
        assert_eq!((first, second), (3, 4));
    });
}

#[test]
fn a_dropped_writer_appends_nothing_and_releases_the_writer_behind_it() {
    block_on(async {
        let stream = MemoryEventStream::bounded(2);
        let mut slow = stream.subscribe(all(1));
        stream.append(vec![placed("a"), placed("b")]).await;
        let mut large = Box::pin(stream.append(vec![placed("c"), placed("d")]));
        assert!(large.as_mut().now_or_never().is_none());
        let small = stream.append(vec![placed("e")]);
        let read_one_and_drop = async {
            assert!(slow.next().await.is_some());
            drop(large);
        };
        assert_eq!(join!(small, read_one_and_drop).0, 3);
        assert_eq!(shown(&stream.read(3, 9)), [(3, "e")]);
    });
}

#[test]
fn a_small_batch_does_not_overtake_a_large_one_that_waits() {
    let stream = MemoryEventStream::bounded(2);
    let mut slow = stream.subscribe(all(1));
    stream.try_append(vec![placed("a"), placed("b")]).unwrap();
    let mut large = Box::pin(stream.append(vec![placed("c"), placed("d")]));
    assert!(large.as_mut().now_or_never().is_none());
    assert!(slow.next().now_or_never().is_some());
    let mut small = Box::pin(stream.append(vec![placed("e")]));
    assert!(small.as_mut().now_or_never().is_none());
    assert_eq!(ready(&mut slow), [2]);
    assert_eq!(large.as_mut().now_or_never(), Some(4));
    assert_eq!(ready(&mut slow), [3, 4]);
    assert_eq!(small.as_mut().now_or_never(), Some(5));
}

#[test]
fn ten_thousand_subscriptions_share_the_events() {
    let stream = MemoryEventStream::default();
    let subscriptions: Vec<Subscription> = (0..10_000).map(|_| stream.subscribe(all(1))).collect();
    stream.try_append(vec![placed("a")]).unwrap();
    let stored = &stream.read(1, 1)[0].delivery;
    assert_eq!(Arc::strong_count(stored), 2, "the stream's and this one");
    assert_eq!(size_of_val(&subscriptions[0]), 2 * size_of::<usize>());
}

#[test]
fn writers_and_readers_on_threads_see_one_order() {
    let stream = MemoryEventStream::bounded(4);
    let readers: Vec<Subscription> = (0..3).map(|_| stream.subscribe(all(1))).collect();
    let orders: Vec<Vec<String>> = std::thread::scope(|scope| {
        for writer in 0..3 {
            let stream = stream.clone();
            scope.spawn(move || {
                for number in 0..300 {
                    block_on(stream.append(vec![placed(&format!("{writer}-{number}"))]));
                }
            });
        }
        drop(stream);
        let read = |reader: Subscription| block_on(reader.map(|event| event.delivery.id.clone()).collect());
        let threads: Vec<_> = readers.into_iter().map(|reader| scope.spawn(move || read(reader))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(orders[0].len(), 900);
    assert!(orders.iter().all(|order| *order == orders[0]));
}

#[test]
fn a_waker_may_use_the_stream_when_it_is_called_and_when_it_is_dropped() {
    struct Nested {
        stream: MemoryEventStream,
        _subscription: Subscription,
    }
    impl Wake for Nested {
        fn wake(self: Arc<Self>) {
            self.stream.try_append(vec![paid("nested")]).unwrap();
        }
    }
    let stream = MemoryEventStream::default();
    let nested = || Waker::from(Arc::new(Nested { stream: stream.clone(), _subscription: stream.subscribe(all(1)) }));
    let mut subscription = stream.subscribe(all(1));
    let poll = |subscription: &mut Subscription| {
        assert!(subscription.poll_next_unpin(&mut Context::from_waker(&nested())).is_pending());
    };
    poll(&mut subscription);
    poll(&mut subscription);
    stream.try_append(vec![placed("a")]).unwrap();
    assert_eq!(ready(&mut subscription), [1, 2]);
    poll(&mut subscription);
    drop(subscription);
    let _slow = stream.subscribe(SubscriptionConfig { capacity: Some(1), ..all(3) });
    stream.try_append(vec![placed("b")]).unwrap();
    let mut writer = Box::pin(stream.append(vec![placed("c")]));
    assert!(writer.poll_unpin(&mut Context::from_waker(&nested())).is_pending());
    assert!(writer.poll_unpin(&mut Context::from_waker(&nested())).is_pending());
    drop(writer);
}

#[test]
fn the_stream_is_fed_by_a_bus() {
    let memory = Memory::new(1);
    let events = MemoryEventStream::default();
    let writer = events.clone();
    memory.bus.subscribe_async(Subject::All, move |delivery| {
        let writer = writer.clone();
        async move {
            writer.append(vec![delivery]).await;
            Ok(())
        }
    });
    let envelope = envelope(&stream("stream", "o-1"), "OrderPlaced", &json!({}));
    block_on(memory.bus.publish_one(&crate::delivery::Entry::from_context("order", envelope))).unwrap();
    assert_eq!(events.read_type("OrderPlaced", 1, 9).len(), 1);
}
