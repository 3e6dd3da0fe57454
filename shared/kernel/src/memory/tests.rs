//! The in-memory ports pass the port suites; and what they do beyond their ports.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::{FutureExt, channel::oneshot, executor::block_on, join};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Delivery, MessageId,
    delivery::{AttemptId, Bus, Claim, Entry, INBOX_RETENTION, Inbox, InboxError, InboxKey, LEASE},
    failure::BoxError,
    gateway::{FoundMail, Mail, MailError, Mailer},
    memory::{
        MailFault, Memory, MemoryBus, MemoryClock, MemoryIds, MemoryInbox, MemoryMailer, MemoryTimers, Middleware,
        Next, Subject,
    },
    testing::{
        ports,
        tests::{envelope, stream},
    },
    time::{Clock, Ids, Timer, TimerKey, Timers},
};
use serde_json::json;

#[test]
fn the_journal_passes_its_suite() {
    let memory = crate::memory::MemoryJournal::default();
    block_on(ports::journal(&memory, 0, "run-1"));
    block_on(ports::journal(&memory, 1, "run-2"));
}

#[test]
fn the_log_passes_its_suite() {
    let memory = Memory::new(1);
    block_on(ports::event_store(memory.store.as_ref(), "run-1"));
    block_on(ports::event_store(memory.store.as_ref(), "run-2"));
}

#[test]
fn the_views_pass_their_suite() {
    let memory = Memory::new(1);
    block_on(ports::view_store(memory.views.as_ref(), "run-1"));
    block_on(ports::view_store(memory.views.as_ref(), "run-2"));
}

#[test]
fn the_inbox_passes_its_suite() {
    block_on(ports::inbox(Memory::new(1).inbox.as_ref(), "run-1"));
    block_on(ports::outcomes(Memory::new(1).outcomes.as_ref(), "run-1"));
}

#[test]
fn the_timers_pass_their_suite() {
    block_on(ports::timers(Memory::new(1).timers.as_ref(), "run-1"));
}

#[test]
fn the_bus_passes_its_suite() {
    let memory = Memory::new(1);
    block_on(ports::bus(memory.bus.as_ref(), "run-1", async || memory.bus.deliveries()));
}

#[test]
fn the_dead_letters_pass_their_suite() {
    let memory = Memory::new(1);
    for run in ["run-1", "run-2"] {
        block_on(ports::dead_letters(memory.dead_letters.as_ref(), run, async || memory.dead_letters.all()));
    }
}

#[test]
fn the_mailer_passes_its_suite() {
    let memory = Memory::new(1);
    block_on(ports::mailer(memory.mailer.as_ref(), "run-1"));
    memory.mailer.forget_keys();
    block_on(ports::mailer(memory.mailer.as_ref(), "run-2"));
}

#[test]
fn due_timers_are_taken_out_the_earliest_first() {
    let (timers, lamp) = (MemoryTimers::default(), stream("run-1", "lamp"));
    let beginning = MemoryClock::default().now();
    for (name, minutes) in [("a", 2), ("b", 1), ("c", 3)] {
        let key = TimerKey { stream: lamp.clone(), name: name.to_owned() };
        let timer = Timer {
            key,
            version: 1,
            due: beginning + MINUTE * minutes,
            envelope: envelope(&lamp, "DimLamp", &json!({})),
        };
        block_on(timers.set(&timer)).unwrap();
    }
    let names = |timers: Vec<Timer>| timers.into_iter().map(|timer| timer.key.name).collect::<Vec<_>>();
    assert_eq!(timers.next_due(), Some(beginning + MINUTE));
    assert!(timers.due(beginning).is_empty());
    assert_eq!(names(timers.due(beginning + MINUTE * 2)), ["b", "a"]);
    assert_eq!((timers.next_due(), names(timers.pending())), (Some(beginning + MINUTE * 3), vec!["c".to_owned()]));
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[test]
fn a_sleep_ends_when_the_clock_is_moved_past_its_end() {
    let clock = MemoryClock::default();
    let mut short = clock.sleep(MINUTE);
    let mut long = clock.sleep(MINUTE * 3);
    assert!((&mut short).now_or_never().is_none());
    assert!((&mut long).now_or_never().is_none());
    assert_eq!(clock.next_wake(), Some(clock.now() + MINUTE));
    clock.advance(MINUTE - SignedDuration::from_nanos(1));
    assert!((&mut short).now_or_never().is_none());
    clock.advance(SignedDuration::from_nanos(1));
    assert!(short.now_or_never().is_some());
    assert!((&mut long).now_or_never().is_none());
    drop(long);
    assert_eq!(clock.next_wake(), None, "a dropped sleeper does not count");
    assert!(clock.sleep(SignedDuration::ZERO).now_or_never().is_some());
}

#[test]
fn a_hasty_clock_advances_by_each_sleep() {
    let clock = MemoryClock::hasty();
    let before = clock.now();
    block_on(clock.sleep(MINUTE));
    block_on(clock.sleep(-MINUTE));
    assert_eq!(clock.now(), before + MINUTE);
}

#[test]
fn ids_are_uuids_of_version_7_in_the_order_of_their_time() {
    let (ids, clock) = (MemoryIds::seeded(1), MemoryClock::default());
    let first = ids.uuid(clock.now());
    clock.advance(SignedDuration::from_millis(1));
    let second = ids.uuid(clock.now());
    assert_eq!(first.get_version_num(), 7);
    assert!(first < second);
    let numbers: Vec<f64> = (0..1000).map(|_| ids.random()).collect();
    assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
    let mean = numbers.iter().sum::<f64>() / 1000.0;
    assert!((0.45..0.55).contains(&mean), "the mean is {mean}");
}

#[test]
fn the_random_bits_are_those_of_splitmix64() {
    // The published test vector of the algorithm.
    let ids = MemoryIds::seeded(1_234_567);
    let bits: Vec<u64> = (0..3).map(|_| ids.bits()).collect();
    assert_eq!(bits, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
}

#[test]
fn inbox_keys_expire_after_sixteen_days() {
    let (inbox, now) = (MemoryInbox::default(), MemoryClock::default().now());
    let key = InboxKey { consumer: "lamp-on-lit".to_owned(), message: "m-1".parse().unwrap() };
    block_on(inbox.complete(&key, now)).unwrap();
    let just_before = now + INBOX_RETENTION - SignedDuration::from_nanos(1);
    let claim = block_on(inbox.claim(&key, attempt(1), just_before, just_before + LEASE)).unwrap();
    assert_eq!(claim, Claim::Completed);
    let then = now + INBOX_RETENTION;
    assert_eq!(block_on(inbox.claim(&key, attempt(2), then, then + LEASE)).unwrap(), Claim::First);
    assert!(inbox.completed().is_empty());
}

/// An inbox that only implements the required methods.
struct InboxWithoutForget(MemoryInbox);

#[async_trait]
impl Inbox for InboxWithoutForget {
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError> {
        self.0.claim(key, attempt, now, until).await
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.0.complete(key, now).await
    }

    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        self.0.abandon(key, attempt, now).await
    }
}

fn attempt(number: u128) -> AttemptId {
    AttemptId::new(uuid::Uuid::from_u128(number))
}

#[test]
fn an_inbox_that_cannot_forget_a_claim_abandons_it() {
    let (inbox, now) = (InboxWithoutForget(MemoryInbox::default()), MemoryClock::default().now());
    let key = InboxKey { consumer: "lamp-on-lit".to_owned(), message: "m-1".parse().unwrap() };
    assert_eq!(block_on(inbox.claim(&key, attempt(1), now, now + LEASE)).unwrap(), Claim::First);
    block_on(inbox.forget(&key, attempt(1), now)).unwrap();
    assert_eq!(block_on(inbox.claim(&key, attempt(2), now, now + LEASE)).unwrap(), Claim::Resumed);
}

fn mail(key: &str) -> Mail {
    Mail { key: key.to_owned(), to: "a@b.example".to_owned(), subject: "Hello".to_owned(), body: String::new() }
}

#[test]
fn a_faulty_mailer_fails_and_a_lost_answer_is_found_by_its_key() {
    let mailer = MemoryMailer::default();
    for fault in [MailFault::NotReached, MailFault::AnswerLost, MailFault::Refused("no such box".to_owned())] {
        mailer.inject_fault(fault);
    }
    let failed = block_on(mailer.send(&mail("k-1")));
    assert!(matches!(failed, Err(MailError::Unavailable(_))));
    assert_eq!(block_on(mailer.find("k-1")).unwrap(), FoundMail::Unknown);
    let lost = block_on(mailer.send(&mail("k-1")));
    assert!(matches!(lost, Err(MailError::Unavailable(_))));
    assert!(matches!(block_on(mailer.find("k-1")).unwrap(), FoundMail::Accepted(_)));
    let refused = block_on(mailer.send(&mail("k-2")));
    assert!(matches!(refused, Err(MailError::Refused { reason }) if reason == "no such box"));
    block_on(mailer.send(&mail("k-1"))).unwrap();
    assert_eq!(mailer.sent(), [mail("k-1")], "the same key is one mail");
}

#[test]
fn a_mailer_without_keys_sends_twice_and_cannot_tell() {
    let mailer = MemoryMailer::default();
    mailer.forget_keys();
    block_on(mailer.send(&mail("k-1"))).unwrap();
    block_on(mailer.send(&mail("k-1"))).unwrap();
    assert_eq!(mailer.sent().len(), 2);
    assert_eq!(block_on(mailer.find("k-1")).unwrap(), FoundMail::CannotTell);
}

fn entry(name: &str) -> Entry {
    Entry::from_context("lamp", envelope(&stream("run-1", "lamp"), name, &json!({})))
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

    /// A subscriber that notes what it receives.
    fn receive(&self, who: &'static str) -> impl Fn(&Delivery) -> Result<(), BoxError> + use<> {
        let notes = self.clone();
        move |delivery| {
            notes.write(format!("{who} {}", delivery.detail_type));
            Ok(())
        }
    }
}

#[test]
fn a_subscriber_receives_its_subject_until_it_unsubscribes() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    let all = bus.subscribe(Subject::All, notes.receive("all"));
    let lit = bus.subscribe("LampLit", notes.receive("lit"));
    block_on(bus.publish(&[entry("LampLit"), entry("LampBroken")]));
    assert_eq!(notes.all(), ["all LampLit", "lit LampLit", "all LampBroken"]);
    assert!(bus.unsubscribe(lit));
    assert!(!bus.unsubscribe(lit), "it has unsubscribed already");
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all()[3..], ["all LampLit"], "the others stay subscribed");
    assert!(bus.unsubscribe(all));
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all().len(), 4);
}

#[test]
fn handlers_of_one_message_run_concurrently() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    let (sender, receiver) = oneshot::channel::<()>();
    let (sender, receiver) = (Mutex::new(Some(sender)), Mutex::new(Some(receiver)));
    let log = notes.clone();
    // The first handler waits for the second, so this would never end if they ran one after the other.
    bus.subscribe_async("LampLit", move |_| {
        let (receiver, log) = (receiver.lock().unwrap().take().unwrap(), log.clone());
        async move {
            receiver.await?;
            log.write("the first is done");
            Ok(())
        }
    });
    let log = notes.clone();
    bus.subscribe_async("LampLit", move |_| {
        log.write("the second is done");
        sender.lock().unwrap().take().unwrap().send(()).unwrap();
        async { Ok(()) }
    });
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all(), ["the second is done", "the first is done"]);
}

#[test]
fn a_handler_that_fails_or_panics_affects_no_other() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    let failing = bus.subscribe_async("LampLit", |_| async { Err("no socket".into()) });
    let early = bus.subscribe("LampLit", |_| panic!("early"));
    let late = bus.subscribe_async("LampLit", |_| async { panic!("late, {}", 1) });
    bus.subscribe("LampLit", notes.receive("sound"));
    block_on(bus.publish(&[entry("LampLit"), entry("LampLit")]));
    assert_eq!(notes.all(), ["sound LampLit", "sound LampLit"]);
    let failures = bus.failures();
    let reasons: Vec<(_, &str)> = failures.iter().map(|one| (one.subscription, one.reason.as_str())).collect();
    let once = [(failing, "no socket"), (early, "panicked: early"), (late, "panicked: late, 1")];
    assert_eq!(reasons, [once, once].concat());
    assert_eq!(failures[3].delivery.id, bus.deliveries()[1].id);
}

#[test]
fn the_history_is_bounded_and_drops_the_oldest() {
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
    assert_eq!(names(bus.deliveries()), ["C", "D", "E"], "draining keeps the history");
}

#[test]
fn each_publishing_has_its_own_id() {
    let bus = MemoryBus::default();
    block_on(bus.publish(&[entry("LampLit"), entry("LampLit")]));
    let ids: Vec<String> = bus.deliveries().into_iter().map(|delivery| delivery.id).collect();
    assert_ne!(ids[0], ids[1]);
    assert!(
        ids.iter()
            .all(|id| id.as_str() != entry("LampLit").envelope.event_id.as_str() && id.parse::<MessageId>().is_ok())
    );
}

#[test]
fn a_subscriber_may_publish() {
    let (bus, notes) = (Arc::new(MemoryBus::default()), Notes::default());
    let inner = bus.clone();
    bus.subscribe_async("LampLit", move |_| {
        let bus = inner.clone();
        async move {
            bus.publish_one(&entry("LampBroken")).await?;
            Ok(())
        }
    });
    bus.subscribe("LampBroken", notes.receive("answer"));
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(notes.all(), ["answer LampBroken"]);
}

/// Notes each delivery and its result.
struct Observer(&'static str, Notes);

#[async_trait]
impl Middleware for Observer {
    async fn around(&self, delivery: Delivery, next: Next<'_>) -> Result<(), BoxError> {
        self.1.write(format!("{} before {}", self.0, delivery.detail_type));
        let result = next.run(delivery).await;
        self.1.write(format!("{} after, {}", self.0, if result.is_ok() { "ok" } else { "failed" }));
        result
    }
}

/// Passes only `LampLit`, under another name.
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
fn a_middleware_observes_changes_and_stops_deliveries() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    bus.wrap(Observer("outer", notes.clone()));
    bus.wrap(Changer);
    bus.wrap(Observer("inner", notes.clone()));
    bus.subscribe("LampLit", notes.receive("receives"));
    bus.subscribe("LampBroken", notes.receive("never receives"));
    block_on(bus.publish(&[entry("LampLit"), entry("LampBroken")]));
    let lit =
        ["outer before LampLit", "inner before Changed", "receives Changed", "inner after, ok", "outer after, ok"];
    assert_eq!(notes.all(), [&lit[..], &["outer before LampBroken", "outer after, ok"]].concat());
    assert_eq!(bus.deliveries()[0].detail_type, "LampLit", "the history holds what was published");
}

/// Panics.
struct PanickingMiddleware;

#[async_trait]
impl Middleware for PanickingMiddleware {
    async fn around(&self, _: Delivery, _: Next<'_>) -> Result<(), BoxError> {
        panic!("broken")
    }
}

#[test]
fn a_panicking_middleware_is_caught() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    bus.wrap(PanickingMiddleware);
    bus.subscribe(Subject::All, notes.receive("nobody"));
    block_on(bus.publish(&[entry("LampLit")]));
    assert_eq!(bus.failures()[0].reason, "panicked: broken");
    assert!(notes.all().is_empty());
}

#[test]
fn concurrent_publishers_lose_no_message() {
    let (bus, notes) = (MemoryBus::default(), Notes::default());
    bus.subscribe(Subject::All, notes.receive("all"));
    let (a, b) = ([entry("A")], [entry("B")]);
    block_on(async { join!(bus.publish(&a), bus.publish(&b)) });
    assert_eq!(notes.all(), ["all A", "all B"]);
}
