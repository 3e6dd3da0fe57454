use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::{
    broker::Taken,
    fixtures::{MemoryBroker, ScriptedBus},
    stop::Stop,
};

fn message(id: &str, version: u64) -> Taken {
    let body = json!({
        "eventId": format!("{id}-{version}"), "eventType": "A", "eventVersion": 1, "aggregateType": "probe",
        "aggregateId": id, "version": version, "data": {},
    });
    Taken { position: format!("{id}/{version}"), body: body.to_string().into_bytes(), ..Taken::default() }
}

fn publisher<'a>(bus: &'a ScriptedBus, counters: &'a Counters, stop: Stop) -> Publisher<'a> {
    Publisher { kind: "memory", bus, origin: "arn:bus", counters, stop }
}

/// Runs until the broker has nothing left; time goes by at once.
async fn run(broker: &MemoryBroker, bus: &ScriptedBus) -> Counters {
    let (request, stop) = Stop::new();
    let counters = Counters::default();
    let inbound = Inbound { broker, batch: 10, publisher: publisher(bus, &counters, stop) };
    let empty = async {
        while !broker.0.lock().unwrap().messages.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        request.send_replace(true);
    };
    tokio::join!(inbound.run(), empty);
    counters
}

fn broker(messages: impl IntoIterator<Item = Taken>) -> MemoryBroker {
    let broker = MemoryBroker::default();
    broker.0.lock().unwrap().messages.extend(messages);
    broker
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_bus_accepts_later_is_not_overtaken_by_the_next_of_its_stream() {
    let broker = broker([message("a", 1), message("b", 1), message("a", 2), message("a", 3)]);
    let bus = ScriptedBus { answers: Mutex::new(["later", "ok", "later"].into()), ..ScriptedBus::default() };
    let counters = run(&broker, &bus).await;
    let accepted = bus.accepted.lock().unwrap().clone();
    let of_a = accepted.iter().filter(|(id, _)| id == "a").map(|(_, version)| *version);
    assert_eq!(of_a.collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((counters.read().passed, counters.read().retried), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_never_accepts_is_parked_and_the_rest_flows() {
    let bus = ScriptedBus { answers: Mutex::new(["never"].into()), poison: Some("p"), ..ScriptedBus::default() };
    let broker = broker([message("a", 1), message("p", 1), message("a", 2), message("p", 2)]);
    run(&broker, &bus).await;
    let state = broker.0.lock().unwrap();
    let parked: Vec<_> = state.parked.iter().map(|(taken, poison)| (&*taken.position, &*poison.code)).collect();
    assert_eq!(parked, [("a/1", "REFUSED"), ("p/1", "UNDELIVERABLE"), ("p/2", "UNDELIVERABLE")]);
    assert_eq!(*bus.accepted.lock().unwrap(), [("a".to_owned(), 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_is_down_parks_nothing() {
    let bus = ScriptedBus { answers: Mutex::new(["later"; 40].into()), ..ScriptedBus::default() };
    let broker = broker([message("a", 1), message("b", 1)]);
    run(&broker, &bus).await;
    assert_eq!(broker.0.lock().unwrap().parked, []);
    assert_eq!(bus.accepted.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_fails_delivers_again_what_was_not_acknowledged() {
    let broker = broker([message("a", 1), message("a", 2)]);
    broker.0.lock().unwrap().failures = 3;
    let bus = ScriptedBus::default();
    let counters = run(&broker, &bus).await;
    let accepted = bus.accepted.lock().unwrap().clone();
    assert!(accepted.ends_with(&[("a".to_owned(), 1), ("a".to_owned(), 2)]), "{accepted:?}");
    assert!(counters.read().retried >= 3);
}

#[tokio::test(start_paused = true)]
async fn a_message_in_its_turn_is_left_to_the_next_start_when_the_bridge_stops() {
    let broker = broker([message("a", 1)]);
    let bus = ScriptedBus { poison: Some("a"), ..ScriptedBus::default() };
    let (request, stop) = Stop::new();
    let counters = Counters::default();
    let inbound = Inbound { broker: &broker, batch: 10, publisher: publisher(&bus, &counters, stop) };
    let later = async {
        while counters.read().retried == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        request.send_replace(true);
    };
    tokio::join!(inbound.run(), later);
    assert_eq!(broker.0.lock().unwrap().messages.len(), 1);
}
