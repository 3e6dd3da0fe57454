//! Calls and outcomes on a fake wire that rejects single entries or whole calls.

use causeway::delivery::bus::{Bus, Entry, PublishOutcome};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{BusEntry, EventBridgeBus};
use crate::{
    fake_wire::{FakeWire, Reply, Request, client_on},
    fixtures::envelope,
};

fn bus(wire: &FakeWire) -> EventBridgeBus {
    EventBridgeBus::new(client_on!(aws_sdk_eventbridge, wire), "causeway")
}

fn entry(number: usize, padding: usize) -> Entry {
    let (id, data) = (format!("e-{number}"), json!({ "padding": "x".repeat(padding) }));
    let timestamp = "2026-11-21T10:30:00.123Z".parse().unwrap();
    Entry::from_context("order", envelope(&id, "OrderPlaced", "order/o-1", timestamp, &data))
}

fn entries(count: usize) -> Vec<Entry> {
    (0..count).map(|number| entry(number, 0)).collect()
}

fn ids(request: &Request) -> Vec<String> {
    let entries = request.body["Entries"].as_array().unwrap();
    let detail = |entry: &Value| serde_json::from_str::<Value>(entry["Detail"].as_str().unwrap()).unwrap();
    entries.iter().map(|entry| detail(entry)["eventId"].as_str().unwrap().to_owned()).collect()
}

fn accepted(request: &Request) -> Vec<Value> {
    ids(request).into_iter().map(|id| json!({ "EventId": format!("bus-{id}") })).collect()
}

fn respond(results: Vec<Value>) -> Reply {
    let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
    Reply::Answer(200, json!({ "FailedEntryCount": failed, "Entries": results }))
}

fn rejecting(id: String, code: &'static str) -> FakeWire {
    FakeWire::new(move |_, request| {
        let results = ids(request)
            .into_iter()
            .zip(accepted(request))
            .map(|(sent, result)| if sent == id { json!({ "ErrorCode": code, "ErrorMessage": "no" }) } else { result });
        respond(results.collect())
    })
}

/// Publishes the entries and names their outcomes.
async fn publish(bus: &EventBridgeBus, entries: &[Entry]) -> Vec<String> {
    let name = |outcome: &PublishOutcome| match outcome {
        PublishOutcome::Accepted => "accepted".to_owned(),
        PublishOutcome::Transient(_) => "transient".to_owned(),
        PublishOutcome::Permanent { code, .. } => code.clone(),
    };
    bus.publish(entries).await.iter().map(name).collect()
}

#[tokio::test]
async fn an_entry_has_all_fields_that_a_rule_can_match() {
    let wire = FakeWire::new(|_, request| respond(accepted(request)));
    assert_eq!(publish(&bus(&wire), &[entry(7, 0)]).await, ["accepted"]);
    let requests = wire.requests();
    assert_eq!(wire.operations(), ["PutEvents"]);
    let sent = &requests[0].body["Entries"][0];
    assert_eq!(sent["Source"], "causeway.order");
    assert_eq!(sent["DetailType"], "OrderPlaced");
    assert_eq!(sent["Resources"], json!(["order/o-1"]));
    assert_eq!(sent["EventBusName"], "causeway");
    assert_eq!(sent["Time"].as_f64().unwrap(), 1_795_257_000.123);
    let detail: Value = serde_json::from_str(sent["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["eventId"], "e-7");
    assert_eq!(detail["version"], 1);
}

#[tokio::test]
async fn one_rejected_entry_at_any_position_of_three_calls_is_the_only_one_not_accepted() {
    let codes = [
        ("ThrottlingException", "transient"),
        ("InternalFailure", "transient"),
        ("InternalException", "transient"),
        ("AccessDenied", "AccessDenied"),
        ("InvalidArgument", "InvalidArgument"),
        ("MalformedDetail", "MalformedDetail"),
        ("NotAuthorizedForSource", "NotAuthorizedForSource"),
        ("NotAuthorizedForDetailType", "NotAuthorizedForDetailType"),
        ("InvalidAccountId", "InvalidAccountId"),
        ("SomethingNew", "SomethingNew"),
    ];
    for rejected in 0..23 {
        for (code, outcome) in codes {
            let wire = rejecting(format!("e-{rejected}"), code);
            let outcomes = publish(&bus(&wire), &entries(23)).await;
            let mut expected = vec!["accepted".to_owned(); 23];
            expected[rejected] = outcome.to_owned();
            assert_eq!(outcomes, expected, "{code} at {rejected}");
            let requests = wire.requests();
            let sent: Vec<String> = requests.iter().flat_map(ids).collect();
            assert_eq!(sent, (0..23).map(|number| format!("e-{number}")).collect::<Vec<_>>(), "each once, in order");
            assert_eq!(requests.iter().map(|request| ids(request).len()).collect::<Vec<_>>(), [10, 10, 3]);
        }
    }
}

#[tokio::test]
async fn a_call_without_a_response_makes_only_its_own_entries_transient() {
    for (fault, reply) in [
        ("nothing", Reply::Nothing),
        ("server error", Reply::Refused(500, "InternalFailure")),
        ("throttled", Reply::Refused(400, "ThrottlingException")),
    ] {
        for lost in 0..3 {
            let reply = reply.clone();
            let wire = FakeWire::new(
                move |number, request| {
                    if number == lost { reply.clone() } else { respond(accepted(request)) }
                },
            );
            let outcomes = publish(&bus(&wire), &entries(23)).await;
            let expected: Vec<&str> =
                (0..23).map(|index| if index / 10 == lost { "transient" } else { "accepted" }).collect();
            assert_eq!(outcomes, expected, "{fault} for call {lost}");
        }
    }
}

#[tokio::test]
async fn one_entry_that_makes_a_call_fail_does_not_affect_the_others() {
    let wire = FakeWire::new(|_, request| {
        let fails = ids(request).contains(&"e-4".to_owned());
        if fails { Reply::Refused(400, "ValidationException") } else { respond(accepted(request)) }
    });
    let outcomes = publish(&bus(&wire), &entries(12)).await;
    let mut expected = vec!["accepted"; 12];
    expected[4] = "ValidationException";
    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn a_call_without_permission_is_made_once_and_fails_all_entries() {
    let wire = FakeWire::new(|_, _| Reply::Refused(400, "AccessDeniedException"));
    assert_eq!(publish(&bus(&wire), &entries(3)).await, ["AccessDeniedException"; 3]);
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn missing_results_make_their_entries_transient() {
    for missing in 1..=5 {
        let wire = FakeWire::new(move |_, request| {
            let mut results = accepted(request);
            results.truncate(5 - missing);
            respond(results)
        });
        let outcomes = publish(&bus(&wire), &entries(5)).await;
        let expected: Vec<&str> =
            (0..5).map(|index| if index < 5 - missing { "accepted" } else { "transient" }).collect();
        assert_eq!(outcomes, expected);
    }
}

#[tokio::test]
async fn calls_are_packed_by_size_as_the_service_counts_it() {
    let one = BusEntry::of(&entry(0, 1_000)).unwrap().bytes();
    for (limit, expected) in [(one * 3, vec![3, 3, 1]), (one * 3 - 1, vec![2, 2, 2, 1]), (one, vec![1; 7])] {
        let wire = FakeWire::new(|_, request| respond(accepted(request)));
        let entries: Vec<Entry> = (0..7).map(|number| entry(number, 1_000)).collect();
        let outcomes = publish(&bus(&wire).with_call_bytes(limit), &entries).await;
        assert_eq!(outcomes, ["accepted"; 7]);
        assert_eq!(wire.requests().iter().map(|request| ids(request).len()).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn an_entry_that_is_too_large_for_any_call_is_rejected_and_the_others_are_published() {
    for large in 0..4 {
        let wire = FakeWire::new(|_, request| respond(accepted(request)));
        let entries: Vec<Entry> =
            (0..4).map(|number| entry(number, if number == large { 300_000 } else { 10 })).collect();
        let outcomes = publish(&bus(&wire), &entries).await;
        let mut expected = vec!["accepted"; 4];
        expected[large] = "TOO_LARGE";
        assert_eq!(outcomes, expected);
        assert!(!wire.requests().iter().flat_map(ids).any(|id| id == format!("e-{large}")));
    }
}

#[test]
fn the_size_of_an_entry_counts_its_time_source_name_detail_and_resources() {
    let entry = BusEntry {
        source: "ab".to_owned(),
        detail_type: "cde".to_owned(),
        resources: vec!["f".to_owned(), "gh".to_owned()],
        time: Timestamp::UNIX_EPOCH,
        detail: "é".to_owned(),
    };
    assert_eq!(entry.bytes(), 14 + 2 + 3 + 3 + 2);
}
