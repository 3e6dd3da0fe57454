//! Clock, ids, timers, inbox and mail: what the twins do beyond their ports.

use futures::{FutureExt, executor::block_on};
use jiff::SignedDuration;

use crate::{
    delivery::inbox::{Claim, INBOX_RETENTION, Inbox, InboxKey, LEASE},
    gateway::mail::{FoundMail, Mail, MailError, Mailer},
    memory::{MailFault, MemoryClock, MemoryIds, MemoryInbox, MemoryMailer},
    time::clock::{Clock, Ids},
};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[test]
fn a_sleeper_wakes_when_the_clock_is_moved_past_its_sleep() {
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
    assert_eq!(clock.next_wake(), None, "who stopped waiting is not waited for");
    assert!(clock.sleep(SignedDuration::ZERO).now_or_never().is_some());
}

#[test]
fn a_hasty_clock_moves_at_once() {
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
    let chances: Vec<f64> = (0..1000).map(|_| ids.random()).collect();
    assert!(chances.iter().all(|rng| (0.0..1.0).contains(rng)));
    let mean = chances.iter().sum::<f64>() / 1000.0;
    assert!((0.45..0.55).contains(&mean), "chance leans to one side: {mean}");
}

#[test]
fn the_inbox_forgets_after_sixteen_days() {
    let (inbox, now) = (MemoryInbox::default(), MemoryClock::default().now());
    let key = InboxKey { consumer: "lamp-on-lit".to_owned(), message: "m-1".parse().unwrap() };
    block_on(inbox.complete(&key, now)).unwrap();
    let just_before = now + INBOX_RETENTION - SignedDuration::from_nanos(1);
    let claim = block_on(inbox.claim(&key, just_before, just_before + LEASE)).unwrap();
    assert_eq!(claim, Claim::Completed);
    let then = now + INBOX_RETENTION;
    assert_eq!(block_on(inbox.claim(&key, then, then + LEASE)).unwrap(), Claim::First);
    assert!(inbox.closed().is_empty());
}

fn mail(key: &str) -> Mail {
    Mail { key: key.to_owned(), to: "a@b.example".to_owned(), subject: "Hello".to_owned(), body: String::new() }
}

#[test]
fn a_mailer_in_trouble_says_so_and_a_lost_answer_is_found_by_asking() {
    let mailer = MemoryMailer::default();
    for errors in [MailFault::NotReached, MailFault::AnswerLost, MailFault::Refused("no such box".to_owned())] {
        mailer.inject_fault(errors);
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
    assert_eq!(mailer.sent(), [mail("k-1")], "the same key is the same mail");
}

#[test]
fn a_forgetful_mailer_sends_twice_and_cannot_tell() {
    let mailer = MemoryMailer::default();
    mailer.forget_keys();
    block_on(mailer.send(&mail("k-1"))).unwrap();
    block_on(mailer.send(&mail("k-1"))).unwrap();
    assert_eq!(mailer.sent().len(), 2);
    assert_eq!(block_on(mailer.find("k-1")).unwrap(), FoundMail::CannotTell);
}
