//! Functions woken by a queue.

use causeway::memory::Memory;
use serde_json::{Value, json};

use super::{HandledOrders, answer, event, reasons};
use crate::lambda::{message_handler::MessageHandler, queue::QueueFunction};

fn batch(queue: &str, orders: &[&str]) -> String {
    let records: Vec<Value> = orders
        .iter()
        .enumerate()
        .map(|(number, order)| {
            let body = if *order == "nonsense" { "no JSON at all".to_owned() } else { event(order).to_string() };
            json!({
                "messageId": format!("m-{number}"), "receiptHandle": "r", "body": body,
                "attributes": { "ApproximateReceiveCount": "2" }, "messageAttributes": {},
                "eventSource": "aws:sqs", "eventSourceARN": format!("arn:aws:sqs:eu-central-1:1:{queue}"),
            })
        })
        .collect();
    json!({ "Records": records }).to_string()
}

async fn failed(queue: &str, orders: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (memory, handled) = (Memory::new(1), HandledOrders::default());
    let function = QueueFunction::new(MessageHandler::new("order-on-place-order", memory.app(), handled.handler()));
    let answered = answer(&function, &batch(queue, orders)).await.unwrap();
    let failures = answered["batchItemFailures"].as_array().unwrap();
    let failures = failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect();
    (failures, handled.orders(), reasons(&memory))
}

#[tokio::test]
async fn only_the_failed_messages_of_a_batch_come_again() {
    let (failures, handled, _) = failed("orders", &["o-0", "fail-1", "o-2", "fail-3"]).await;
    assert_eq!(failures, ["m-1", "m-3"]);
    assert_eq!(handled, ["o-0", "fail-1", "o-2", "fail-3"]);
}

#[tokio::test]
async fn nothing_behind_a_failure_is_tried_on_an_ordered_queue() {
    for place in 0..4 {
        let mut orders = ["o-0", "o-1", "o-2", "o-3"];
        orders[place] = "fail";
        let (failures, handled, _) = failed("orders.fifo", &orders).await;
        assert_eq!(failures, (place..4).map(|number| format!("m-{number}")).collect::<Vec<_>>());
        assert_eq!(handled, orders[..=place]);
    }
}

#[tokio::test]
async fn a_batch_without_failures_is_answered_so() {
    assert!(failed("orders", &["o-0", "o-1"]).await.0.is_empty());
    assert!(failed("orders", &[]).await.0.is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_event_is_kept_and_does_not_come_again() {
    let (failures, handled, reasons) = failed("orders.fifo", &["o-0", "nonsense", "o-2"]).await;
    assert!(failures.is_empty());
    assert_eq!(handled, ["o-0", "o-2"]);
    assert_eq!(reasons, ["MALFORMED"]);
}

#[tokio::test]
async fn a_batch_that_names_no_messages_comes_again_whole() {
    let function = QueueFunction::new(MessageHandler::new(
        "order-on-place-order",
        Memory::new(1).app(),
        HandledOrders::default().handler(),
    ));
    for payload in ["{}", "null", r#"{"Records":[{"body":"x"}]}"#] {
        assert!(answer(&function, payload).await.is_err());
    }
}
