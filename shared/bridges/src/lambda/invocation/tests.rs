use std::sync::Mutex;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::*;
use crate::{
    broker::Broker as _,
    fixtures::{MemoryBroker, ScriptedBus},
};

/// A payload of Kafka with these bodies in one partition.
fn payload(bodies: &[String]) -> String {
    let record = |(offset, body): (usize, &String)| json!({ "topic": "orders", "partition": 0, "offset": offset, "value": STANDARD.encode(body) });
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    json!({ "eventSource": "aws:kafka", "records": { "orders-0": records } }).to_string()
}

fn body(id: &str, version: u64) -> String {
    let body = json!({ "eventType": "A", "eventVersion": 1, "aggregateType": "probe", "aggregateId": id, "version": version, "data": {} });
    body.to_string()
}

#[tokio::test(start_paused = true)]
async fn messages_are_published_in_their_order_and_poison_is_parked() {
    let bus = ScriptedBus { answers: Mutex::new(["later"].into()), ..ScriptedBus::default() };
    let broker = MemoryBroker::default();
    let payload = payload(&[body("a", 1), "forty mugs".to_owned(), body("a", 2)]);
    let mut parking = broker.source().await.unwrap();
    let counted = invoke(&payload, &bus, "arn:bus", parking.as_mut(), Duration::from_secs(60)).await.unwrap();
    assert_eq!((counted.taken, counted.passed, counted.parked), (3, 2, 1));
    assert_eq!(*bus.accepted.lock().unwrap(), [("a".to_owned(), 1), ("a".to_owned(), 2)]);
    let parked = &broker.0.lock().unwrap().parked;
    assert_eq!((&*parked[0].0.position, &*parked[0].1.code), ("orders/0/1", "MALFORMED"));
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_runs_out_of_time_fails_so_that_lambda_delivers_again() {
    let bus = ScriptedBus { poison: Some("p"), ..ScriptedBus::default() };
    let mut parking = MemoryBroker::default().source().await.unwrap();
    let payload = payload(&[body("a", 1), body("p", 1)]);
    let error = invoke(&payload, &bus, "arn:bus", parking.as_mut(), Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "the bus accepted 1 of 2 messages in time");
}

#[tokio::test]
async fn a_payload_that_is_none_fails() {
    let mut parking = MemoryBroker::default().source().await.unwrap();
    let bus = ScriptedBus::default();
    let error = invoke("{}", &bus, "arn:bus", parking.as_mut(), Duration::from_secs(1)).await.unwrap_err();
    assert!(error.to_string().contains("eventSource"), "{error}");
}
