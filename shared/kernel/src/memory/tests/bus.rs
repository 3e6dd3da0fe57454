//! What the bus in memory does beyond the port.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::{channel::oneshot, executor::block_on, join};
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::{
    delivery::bus::{Bus, Entry},
    failure::BoxError,
    memory::{MemoryBus, Middleware, Next, Subject},
    message::{
        envelope::{Cause, Delivery, Envelope},
        id::MessageId,
    },
};

fn entry(name: &str) -> Entry {
    let id: MessageId = "e-1".parse().unwrap();
    let envelope = Envelope {
        event_id: id.clone(),
        event_type: name.to_owned(),
        event_version: 1,
        aggregate_type: "lamp".to_owned(),
        aggregate_id: "l-1".to_owned(),
        version: Some(1),
        timestamp: Timestamp::UNIX_EPOCH,
        data: RawValue::from_string("{}".to_owned()).unwrap(),
        metadata: Cause::new(id, name).metadata,
    };
    Entry::from_context("lamp", envelope)
}

#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn write(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// A subscriber that writes down what it hears.
    fn hear(&self, who: &'static str) -> impl Fn(&Delivery) -> Result<(), BoxError> + use<> {
        let notes = self.clone();
        move |delivery| {
            notes.write(format!("{who} {}", delivery.detail_type));
            Ok(())
        }
    }
}

#[test]
fn a_subscriber_hears_its_subject_until_it_leaves() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    let all = bus.subscribe(Subject::All, notes.hear("all"));
    let lit = bus.subscribe("LampLit", notes.hear("lit"));
    block_on(bus.publish(&[entry("LampLit"), entry("LampBroken")]));
    assert_eq!(notes.all(), ["all LampLit", "lit LampLit", "all LampBroken"]);
    assert!(bus.unsubscribe(lit));
    assert!(!bus.unsubscribe(lit), "it has left already");
    assert!(bus.unsubscribe(all));
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all().len(), 3);
}

#[test]
fn handlers_of_one_message_run_side_by_side() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    let (tell, told) = oneshot::channel::<()>();
    let (tell, told) = (Mutex::new(Some(tell)), Mutex::new(Some(told)));
    let pen = notes.clone();
    // The first handler waits for the second, so it would never end if they ran one after the other.
    bus.subscribe_async("LampLit", move |_| {
        let (told, pen) = (told.lock().unwrap().take().unwrap(), pen.clone());
        async move {
            told.await?;
            pen.write("the first is done");
            Ok(())
        }
    });
    let pen = notes.clone();
    bus.subscribe_async("LampLit", move |_| {
        pen.write("the second is done");
        tell.lock().unwrap().take().unwrap().send(()).unwrap();
        async { Ok(()) }
    });
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all(), ["the second is done", "the first is done"]);
}

#[test]
fn a_handler_that_fails_or_panics_harms_no_other() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    let failing = bus.subscribe_async("LampLit", |_| async { Err("no socket".into()) });
    let early = bus.subscribe("LampLit", |_| panic!("early"));
    let late = bus.subscribe_async("LampLit", |_| async { panic!("late, {}", 1) });
    bus.subscribe("LampLit", notes.hear("sound"));
    block_on(bus.publish(&[entry("LampLit"), entry("LampLit")]));
    assert_eq!(notes.all(), ["sound LampLit", "sound LampLit"]);
    let failures = bus.failures();
    let reasons: Vec<(_, &str)> = failures.iter().map(|one| (one.subscription, one.reason.as_str())).collect();
    let once = [(failing, "no socket"), (early, "panicked: early"), (late, "panicked: late, 1")];
    assert_eq!(reasons, [once, once].concat());
    assert_eq!(failures[3].delivery.id, bus.deliveries()[1].id);
}

#[test]
fn the_history_has_a_bound_and_drops_the_oldest() {
    let bus = MemoryBus::with_history(3);
    for name in ["A", "B", "C", "D"] {
        block_on(bus.publish(&[entry(name)]));
    }
    let names = |deliveries: Vec<Delivery>| deliveries.into_iter().map(|one| one.detail_type).collect::<Vec<_>>();
    assert_eq!(names(bus.deliveries()), ["B", "C", "D"]);
    assert_eq!(names(bus.drain()), ["B", "C", "D"]);
    assert!(bus.drain().is_empty());
    block_on(bus.publish(&[entry("E")]));
    assert_eq!(names(bus.drain()), ["E"]);
    assert_eq!(names(bus.deliveries()), ["C", "D", "E"], "draining forgets nothing");
}

#[test]
fn each_publishing_has_an_id_of_its_own() {
    let bus = MemoryBus::default();
    block_on(bus.publish(&[entry("LampLit"), entry("LampLit")]));
    let ids: Vec<String> = bus.deliveries().into_iter().map(|delivery| delivery.id).collect();
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id != "e-1" && id.parse::<MessageId>().is_ok()));
}

#[test]
fn a_subscriber_may_publish_and_leave_while_it_hears() {
    let (bus, notes) = (Arc::new(MemoryBus::default()), Notes::default());
    let inner = bus.clone();
    bus.subscribe_async("LampLit", move |_| {
        let bus = inner.clone();
        async move {
            bus.say(&entry("LampBroken")).await?;
            Ok(())
        }
    });
    bus.subscribe("LampBroken", notes.hear("answer"));
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all(), ["answer LampBroken"]);
}

/// Writes down what goes in and what comes out.
struct Observer(&'static str, Notes);

#[async_trait]
impl Middleware for Observer {
    async fn around(&self, delivery: Delivery, next: Next<'_>) -> Result<(), BoxError> {
        self.1.write(format!("{} before {}", self.0, delivery.detail_type));
        let heard = next.run(delivery).await;
        self.1.write(format!("{} after, {}", self.0, if heard.is_ok() { "well" } else { "badly" }));
        heard
    }
}

/// Lets only lit lamps through, under another name.
struct Changer;

#[async_trait]
impl Middleware for Changer {
    async fn around(&self, delivery: Delivery, next: Next<'_>) -> Result<(), BoxError> {
        match delivery.detail_type.as_str() {
            "LampLit" => next.run(Delivery { detail_type: "Changed".to_owned(), ..delivery }).await,
            _ => Ok(()),
        }
    }
}

#[test]
fn a_middleware_observes_changes_and_stops() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    bus.wrap(Observer("outer", notes.clone()));
    bus.wrap(Changer);
    bus.wrap(Observer("inner", notes.clone()));
    bus.subscribe("LampLit", notes.hear("hears"));
    bus.subscribe("LampBroken", notes.hear("never hears"));
    block_on(bus.publish(&[entry("LampLit"), entry("LampBroken")]));
    let lit =
        ["outer before LampLit", "inner before Changed", "hears Changed", "inner after, well", "outer after, well"];
    assert_eq!(notes.all(), [&lit[..], &["outer before LampBroken", "outer after, well"]].concat());
    assert_eq!(bus.deliveries()[0].detail_type, "LampLit", "the history holds what was said");
}

/// Falls over.
struct Clumsy;

#[async_trait]
impl Middleware for Clumsy {
    async fn around(&self, _: Delivery, _: Next<'_>) -> Result<(), BoxError> {
        panic!("clumsy")
    }
}

#[test]
fn a_middleware_that_panics_is_caught_as_well() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    bus.wrap(Clumsy);
    bus.subscribe(Subject::All, notes.hear("nobody"));
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(bus.failures()[0].reason, "panicked: clumsy");
    assert!(notes.all().is_empty());
}

#[test]
fn two_publishers_do_not_lose_each_other() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    bus.subscribe(Subject::All, notes.hear("all"));
    let (a, b) = ([entry("A")], [entry("B")]);
    block_on(async { join!(bus.publish(&a), bus.publish(&b)) });
    assert_eq!(notes.all(), ["all A", "all B"]);
}
