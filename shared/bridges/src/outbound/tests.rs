use std::{sync::Mutex, time::Duration};

use causeway::memory::Memory;
use serde_json::json;

use super::*;
use crate::fixtures::{MemoryBroker, append};

/// Notifications that stay until they are deleted.
#[derive(Default)]
struct MemoryNotifications {
    waiting: Mutex<Vec<Notification>>,
    parked: Mutex<Vec<String>>,
}

#[async_trait]
impl Notifications for MemoryNotifications {
    async fn take(&self) -> Result<Vec<Notification>, BoxError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(self.waiting.lock().unwrap().clone())
    }

    async fn delete(&self, notifications: &[Notification]) -> Result<(), BoxError> {
        self.waiting.lock().unwrap().retain(|waiting| !notifications.contains(waiting));
        Ok(())
    }

    async fn release(&self, _notifications: &[Notification]) {}

    async fn park(&self, _body: &str, poison: &Poison) -> Result<(), BoxError> {
        self.parked.lock().unwrap().push(poison.code.clone());
        Ok(())
    }
}

fn notification(source: &str, id: &str, version: u64) -> Notification {
    let detail = json!({ "aggregateType": "probe", "aggregateId": id, "version": version });
    let body = json!({ "source": source, "detail": detail }).to_string();
    Notification { handle: format!("{source}/{id}/{version}"), body }
}

/// Runs until no notification waits.
async fn run(
    memory: &Memory,
    broker: &MemoryBroker,
    notifications: &MemoryNotifications,
    events: &[String],
) -> Counters {
    let (request, stop) = Stop::new();
    let counters = Counters::default();
    let cursor = LogCursor::new(memory.store.clone(), memory.views.clone(), "bridge", "arn:bus");
    let outbound = Outbound { broker, notifications, events, counters: &counters, stop };
    let empty = async {
        while !notifications.waiting.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        request.send_replace(true);
    };
    tokio::join!(outbound.run(&cursor), empty);
    counters
}

fn sent(broker: &MemoryBroker) -> Vec<(String, u64)> {
    let version = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["version"].as_u64().unwrap();
    broker.0.lock().unwrap().sent.iter().map(|sent| (sent.stream.id().to_owned(), version(&sent.body))).collect()
}

#[tokio::test(start_paused = true)]
async fn notifications_in_any_order_send_the_log_in_its_order_and_once() {
    let memory = Memory::new(1);
    append(&memory, "a", 1, 2).await;
    append(&memory, "a", 3, 1).await;
    let notifications = MemoryNotifications::default();
    let all = [3, 1, 2, 3].map(|version| notification("causeway.probe", "a", version));
    notifications.waiting.lock().unwrap().extend(all);
    let broker = MemoryBroker::default();
    run(&memory, &broker, &notifications, &[]).await;
    assert_eq!(sent(&broker), [1, 2, 3].map(|version| ("a".to_owned(), version)));
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_fails_in_the_middle_gets_all_again_in_order() {
    let memory = Memory::new(1);
    append(&memory, "a", 1, 3).await;
    let notifications = MemoryNotifications::default();
    notifications.waiting.lock().unwrap().push(notification("causeway.probe", "a", 3));
    let broker = MemoryBroker::default();
    broker.0.lock().unwrap().failures = 2;
    run(&memory, &broker, &notifications, &[]).await;
    let sent = sent(&broker);
    assert!(sent.ends_with(&[1, 2, 3].map(|version| ("a".to_owned(), version))), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_came_in_does_not_go_out_and_a_forged_one_is_parked() {
    let memory = Memory::new(1);
    append(&memory, "a", 1, 1).await;
    let notifications = MemoryNotifications::default();
    let forged = notification("causeway.probe", "a", 9);
    let broken = Notification { body: "{}".to_owned(), handle: "broken".to_owned() };
    notifications.waiting.lock().unwrap().extend([notification("bridge.kafka", "a", 1), forged, broken]);
    let broker = MemoryBroker::default();
    let counters = run(&memory, &broker, &notifications, &[]).await;
    assert_eq!(sent(&broker), []);
    assert_eq!(*notifications.parked.lock().unwrap(), ["MALFORMED", "NOT_IN_LOG"]);
    assert_eq!(counters.read().own, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_broker_refuses_is_parked_and_the_next_one_follows() {
    let memory = Memory::new(1);
    append(&memory, "a", 1, 3).await;
    let notifications = MemoryNotifications::default();
    notifications.waiting.lock().unwrap().push(notification("causeway.probe", "a", 3));
    let broker = MemoryBroker::default();
    broker.0.lock().unwrap().refused = Some("\"version\":2".to_owned());
    run(&memory, &broker, &notifications, &[]).await;
    assert_eq!(sent(&broker), [("a".to_owned(), 1), ("a".to_owned(), 3)]);
    assert_eq!(*notifications.parked.lock().unwrap(), ["TOO_LARGE"]);
}

#[tokio::test(start_paused = true)]
async fn only_events_of_the_given_names_are_sent_and_the_cursor_passes_the_others() {
    let memory = Memory::new(1);
    append(&memory, "a", 1, 2).await;
    let notifications = MemoryNotifications::default();
    notifications.waiting.lock().unwrap().push(notification("causeway.probe", "a", 2));
    let broker = MemoryBroker::default();
    run(&memory, &broker, &notifications, &["OrderPlaced".to_owned()]).await;
    assert_eq!(sent(&broker), []);
    assert_eq!(memory.views.rows().into_values().map(|row| row.version).collect::<Vec<_>>(), [2]);
}
