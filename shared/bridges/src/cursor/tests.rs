use causeway::memory::Memory;

use super::*;
use crate::fixtures::{append, stream};

fn cursor(memory: &Memory) -> LogCursor {
    LogCursor::new(memory.store.clone(), memory.views.clone(), "bridge", "arn:bus")
}

/// The versions that are due.
async fn due(cursor: &LogCursor, version: u64) -> Option<(Vec<String>, u64, u64)> {
    match cursor.due(&stream("p-1"), version).await.unwrap() {
        Due::Send { events, from, to } => Some((events.into_iter().map(|event| event.body).collect(), from, to)),
        Due::Sent | Due::NotInLog => None,
    }
}

#[tokio::test]
async fn a_notification_that_overtakes_others_sends_all_before_it_in_order() {
    let memory = Memory::new(1);
    append(&memory, "p-1", 1, 2).await;
    append(&memory, "p-1", 3, 1).await;
    let cursor = cursor(&memory);
    let (events, from, to) = due(&cursor, 3).await.unwrap();
    assert_eq!((from, to), (0, 3));
    let versions =
        events.iter().map(|event| serde_json::from_str::<serde_json::Value>(event).unwrap()["version"].as_u64());
    assert_eq!(versions.collect::<Option<Vec<_>>>().unwrap(), [1, 2, 3]);
    cursor.sent(&stream("p-1"), from, to).await.unwrap();
    assert_eq!(cursor.due(&stream("p-1"), 1).await.unwrap(), Due::Sent);
}

#[tokio::test]
async fn a_bridge_that_starts_again_goes_on_after_what_was_sent() {
    let memory = Memory::new(1);
    append(&memory, "p-1", 1, 2).await;
    let first = cursor(&memory);
    let (_, from, to) = due(&first, 1).await.unwrap();
    // Killed before the cursor is moved: all is sent again.
    assert_eq!(due(&cursor(&memory), 2).await.unwrap().1, 0);
    first.sent(&stream("p-1"), from, to).await.unwrap();
    let second = cursor(&memory);
    assert_eq!(second.due(&stream("p-1"), 2).await.unwrap(), Due::Sent);
    append(&memory, "p-1", 3, 1).await;
    assert_eq!(due(&second, 3).await.unwrap().1, 2);
}

#[tokio::test]
async fn a_version_that_the_log_does_not_have_sends_nothing() {
    let memory = Memory::new(1);
    append(&memory, "p-1", 1, 1).await;
    assert_eq!(cursor(&memory).due(&stream("p-1"), 2).await.unwrap(), Due::NotInLog);
    assert_eq!(cursor(&memory).due(&stream("p-2"), 1).await.unwrap(), Due::NotInLog);
}

#[tokio::test]
async fn of_two_bridges_the_one_that_is_further_keeps_its_cursor() {
    let memory = Memory::new(1);
    let (slow, fast) = (cursor(&memory), cursor(&memory));
    let stream = stream("p-1");
    fast.sent(&stream, 0, 4).await.unwrap();
    slow.sent(&stream, 0, 2).await.unwrap();
    assert_eq!(memory.views.get(&slow.key(&stream)).await.unwrap().unwrap().version, 4);
    slow.sent(&stream, 2, 6).await.unwrap();
    assert_eq!(memory.views.get(&slow.key(&stream)).await.unwrap().unwrap().version, 6);
}
