//! What the inbox forgets: by the clock that is told, for the database deletes late.

use causeway::{
    MessageId,
    delivery::inbox::{AttemptId, Claim, INBOX_RETENTION, Inbox as _, InboxKey, LEASE},
    memory::{Memory, MemoryIds},
    time::Ids as _,
};
use jiff::{SignedDuration, Timestamp};
use tests::wire::Dynoxide;

use super::sample_aggregate::{Take, Tally, id, notes, take};

#[tokio::test]
async fn a_closed_ticket_is_remembered_for_sixteen_days_and_not_longer() {
    let dynoxide = Dynoxide::start();
    let inbox = dynoxide.stores().inbox;
    let key = InboxKey { consumer: "mail-on-noted".to_owned(), message: MessageId::new("m-1").unwrap() };
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    inbox.complete(&key, begin).await.unwrap();
    let end = begin + INBOX_RETENTION;
    let before = end - SignedDuration::from_secs(1);
    assert_eq!(inbox.claim(&key, attempt(1), before, before + LEASE).await.unwrap(), Claim::Completed);
    assert_eq!(inbox.claim(&key, attempt(2), end, end + LEASE).await.unwrap(), Claim::First);
    assert_eq!(inbox.claim(&key, attempt(3), end, end + LEASE).await.unwrap(), Claim::Held);
}

fn attempt(seed: u64) -> AttemptId {
    AttemptId::new(MemoryIds::seeded(seed).uuid(Timestamp::UNIX_EPOCH))
}

#[tokio::test]
async fn a_once_command_is_kept_out_for_sixteen_days_and_not_longer() {
    let dynoxide = Dynoxide::start();
    let memory = Memory::new(1);
    let app = dynoxide.stores().app(&memory, 0);
    let deposit = Take { once: true, ..notes(&["ten euros"]) };
    take(&app, "t-1", "deposit", &deposit).await.unwrap();
    for note in 0..10 {
        take(&app, "t-1", format!("c-{note}"), &notes(&["other"])).await.unwrap();
    }
    memory.clock.advance(INBOX_RETENTION - SignedDuration::from_secs(1));
    assert!(take(&app, "t-1", "deposit", &deposit).await.unwrap().repeated);
    assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 11);
    memory.clock.advance(SignedDuration::from_secs(1));
    assert!(!take(&app, "t-1", "deposit", &deposit).await.unwrap().repeated);
    assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 12);
}
