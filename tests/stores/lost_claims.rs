//! The answers of the inbox are lost, at every position and many in a row: a mail is sent once and recorded as sent, by
//! a mail service that cannot tell what it accepted.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use causeway::{
    App, Delivery, Failure, Handled, Outcome, Ports, Route, VerificationPolicy,
    delivery::{AttemptId, Claim, Inbox, InboxError, InboxKey, VerifyEvents},
    memory::{MailFault, Memory, MemoryInbox},
    testing::Sequence,
};
use domain::{
    email::EmailAddress,
    ids::UserId,
    notification::NotificationEvent,
    user::{Profile, UserRegistered},
};
use jiff::{SignedDuration, Timestamp};
use tests::wire::{Dynoxide, Meter, RequestFault};

/// The attempts of an asynchronous invocation by Lambda, and those after a redrive.
const ATTEMPTS: u32 = 3 + 3;

/// The delay between them; a claim is held for a minute.
const RETRY: SignedDuration = SignedDuration::from_secs(61);

/// An inbox in memory that loses the answers of these calls.
struct Lossy {
    inbox: Arc<MemoryInbox>,
    lost: Range<usize>,
    calls: AtomicUsize,
}

impl Lossy {
    fn answer<T>(&self, key: &InboxKey, result: Result<T, InboxError>) -> Result<T, InboxError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if self.lost.contains(&call) {
            return Err(InboxError { key: key.clone(), source: "the answer was lost".into() });
        }
        result
    }
}

#[async_trait]
impl Inbox for Lossy {
    async fn claim(
        &self,
        key: &InboxKey,
        attempt: AttemptId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, InboxError> {
        self.answer(key, self.inbox.claim(key, attempt, now, until).await)
    }

    async fn complete(&self, key: &InboxKey, now: Timestamp) -> Result<(), InboxError> {
        self.answer(key, self.inbox.complete(key, now).await)
    }

    async fn abandon(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        self.answer(key, self.inbox.abandon(key, attempt, now).await)
    }

    async fn forget(&self, key: &InboxKey, attempt: AttemptId, now: Timestamp) -> Result<(), InboxError> {
        self.answer(key, self.inbox.forget(key, attempt, now).await)
    }
}

/// A mail service that keeps no keys, as SES, and does not accept the first mails this time.
fn memory(not_taken: usize) -> Memory {
    let memory = Memory::new(1);
    memory.mailer.forget_keys();
    (0..not_taken).for_each(|_| memory.mailer.inject_fault(MailFault::NotTaken));
    memory
}

fn route() -> Route {
    let mut routes = functions::routes().into_iter();
    routes.find(|route| route.function() == "notification-on-user-registered").unwrap()
}

fn delivery() -> Delivery {
    let user_id: UserId = "u-1".parse().unwrap();
    let stream = causeway::StreamId::new("user", &user_id);
    let email = EmailAddress::new("ada@example.com").unwrap();
    let profile = Profile { name: "Ada".to_owned(), address: None };
    let registered = UserRegistered { user_id, email, profile };
    Sequence::new(stream).event(&registered).deliveries().remove(0)
}

/// Delivers the event as Lambda does, and once more after it was handled.
async fn deliver(memory: &Memory, ports: Ports) -> Outcome {
    let verification = VerificationPolicy { account: None, verify_events: VerifyEvents::None };
    let app = App::new(Ports { verification, ..ports });
    let (route, delivery) = (route(), delivery());
    let mut outcome = Err(Failure::transient("not delivered yet"));
    for _ in 0..ATTEMPTS {
        outcome = route.handle(&app, &delivery).await;
        memory.clock.advance(RETRY);
        if outcome.is_ok() {
            // The answers of this delivery may be lost, too.
            let repeated = route.handle(&app, &delivery).await;
            assert!(matches!(repeated, Ok(Handled::Duplicate) | Err(Failure::Transient(_))), "{repeated:?}");
            break;
        }
    }
    outcome
}

/// The mail was sent once, and it is recorded as sent.
async fn check(memory: &Memory, store: &dyn causeway::log::EventStore, what: &str) {
    assert_eq!(memory.mailer.sent().len(), 1, "{what}");
    let key = causeway::MessageId::new(memory.mailer.sent()[0].key.clone()).unwrap();
    let stream = causeway::StreamId::new("notification", &key);
    let commits = store.since(&stream, 1).await.unwrap();
    let events: Vec<_> = commits.iter().flat_map(|commit| commit.decode::<NotificationEvent>().unwrap()).collect();
    assert!(matches!(events[..], [NotificationEvent::EmailSent(_)]), "{what}: {events:?}");
}

#[tokio::test]
async fn a_mail_is_sent_once_and_recorded_as_sent_whatever_answers_of_the_inbox_in_memory_are_lost() {
    let mut runs = 0;
    for (not_taken, first, count) in positions(5) {
        let memory = memory(not_taken);
        let lossy = Lossy { inbox: memory.inbox.clone(), lost: first..first + count, calls: AtomicUsize::new(0) };
        let lossy = Arc::new(lossy);
        let outcome = deliver(&memory, Ports { inbox: lossy.clone(), ..memory.ports() }).await;
        let what = format!("{not_taken} not taken, {count} answers lost from {first} on: {outcome:?}");
        assert!(outcome.is_ok(), "{what}");
        check(&memory, memory.store.as_ref(), &what).await;
        runs += usize::from(lossy.calls.load(Ordering::Relaxed) > first);
    }
    assert!(runs > 20, "{runs} runs lost an answer");
}

#[tokio::test]
async fn a_mail_is_sent_once_and_recorded_as_sent_whatever_answers_of_the_inbox_on_dynamo_are_lost() {
    let mut runs = 0;
    for (not_taken, first, count) in positions(12) {
        let memory = memory(not_taken);
        let dynoxide = Dynoxide::start();
        let writes = Arc::new(AtomicUsize::new(0));
        let counted = writes.clone();
        let meter = Meter::choosing(move |asked| {
            let to_inbox = asked.body["TableName"].as_str().is_some_and(|table| table.ends_with("-inbox"));
            let lost = to_inbox && (first..first + count).contains(&counted.fetch_add(1, Ordering::Relaxed));
            if lost { RequestFault::AnswerLost } else { RequestFault::Arrives }
        });
        let stores = dynoxide.metered(&meter);
        let ports = Ports { store: stores.events.clone(), inbox: stores.inbox.clone(), ..memory.ports() };
        let outcome = deliver(&memory, ports).await;
        let what = format!("{not_taken} not taken, {count} answers lost from {first} on: {outcome:?}");
        assert!(outcome.is_ok(), "{what}");
        check(&memory, dynoxide.stores().events.as_ref(), &what).await;
        runs += usize::from(writes.load(Ordering::Relaxed) > first);
    }
    assert!(runs > 40, "{runs} runs lost an answer");
}

/// How many mails are not accepted, the first lost answer, and the number of lost answers in a row.
fn positions(most: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..2)
        .flat_map(move |not_taken| (0..5).flat_map(move |first| (1..=most).map(move |count| (not_taken, first, count))))
}
