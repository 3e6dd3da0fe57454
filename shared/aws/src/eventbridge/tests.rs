//! Packing and outcomes on a wire that refuses single entries or whole calls.

use causeway::{
    StreamId,
    delivery::bus::{Bus, Entry, PublishOutcome},
    message::envelope::{Cause, Envelope},
};
use jiff::Timestamp;
use serde_json::{Value, json, value::to_raw_value};

use super::{BusEntry, EventBridgeBus};
use crate::fake_wire::{FakeWire, Reply, Request, client_on};

fn bus(wire: &FakeWire) -> EventBridgeBus {
    EventBridgeBus::new(client_on!(aws_sdk_eventbridge, wire), "causeway")
}

fn entry(number: usize, filling: usize) -> Entry {
    let id = causeway::MessageId::new(format!("e-{number}")).unwrap();
    let stream = StreamId::parse("order/o-1").unwrap();
    let envelope = Envelope {
        event_id: id.clone(),
        event_type: "OrderPlaced".to_owned(),
        event_version: 2,
        aggregate_type: stream.context().to_owned(),
        aggregate_id: stream.id().to_owned(),
        version: Some(1),
        timestamp: "2026-11-21T10:30:00.123Z".parse().unwrap(),
        data: to_raw_value(&json!({ "filling": "x".repeat(filling) })).unwrap(),
        metadata: Cause::new(id, "PlaceOrder").metadata,
    };
    Entry::from_context("order", envelope)
}

fn entries(count: usize) -> Vec<Entry> {
    (0..count).map(|number| entry(number, 0)).collect()
}

fn ids(request: &Request) -> Vec<String> {
    let entries = request.body["Entries"].as_array().unwrap();
    let detail = |entry: &Value| serde_json::from_str::<Value>(entry["Detail"].as_str().unwrap()).unwrap();
    entries.iter().map(|entry| detail(entry)["eventId"].as_str().unwrap().to_owned()).collect()
}

fn taken(request: &Request) -> Vec<Value> {
    ids(request).into_iter().map(|id| json!({ "EventId": format!("bus-{id}") })).collect()
}

fn answer(results: Vec<Value>) -> Reply {
    let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
    Reply::Answer(200, json!({ "FailedEntryCount": failed, "Entries": results }))
}

fn refusing(id: String, code: &'static str) -> FakeWire {
    FakeWire::new(move |_, request| {
        let results = ids(request)
            .into_iter()
            .zip(taken(request))
            .map(|(said, taken)| if said == id { json!({ "ErrorCode": code, "ErrorMessage": "no" }) } else { taken });
        answer(results.collect())
    })
}

fn words(said: &[PublishOutcome]) -> Vec<String> {
    let word = |said: &PublishOutcome| match said {
        PublishOutcome::Accepted => "taken".to_owned(),
        PublishOutcome::Transient(_) => "passing".to_owned(),
        PublishOutcome::Permanent { code, .. } => code.clone(),
    };
    said.iter().map(word).collect()
}

#[tokio::test]
async fn an_entry_goes_out_with_all_that_a_rule_can_match() {
    let wire = FakeWire::new(|_, request| answer(taken(request)));
    assert_eq!(words(&bus(&wire).publish(&[entry(7, 0)]).await), ["taken"]);
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
async fn one_refused_entry_at_any_place_of_three_calls_is_the_only_one_not_taken() {
    let codes = [
        ("ThrottlingException", "passing"),
        ("InternalFailure", "passing"),
        ("InternalException", "passing"),
        ("AccessDenied", "AccessDenied"),
        ("InvalidArgument", "InvalidArgument"),
        ("MalformedDetail", "MalformedDetail"),
        ("NotAuthorizedForSource", "NotAuthorizedForSource"),
        ("NotAuthorizedForDetailType", "NotAuthorizedForDetailType"),
        ("InvalidAccountId", "InvalidAccountId"),
        ("SomethingNew", "SomethingNew"),
    ];
    for refused in 0..23 {
        for (code, word) in codes {
            let wire = refusing(format!("e-{refused}"), code);
            let said = bus(&wire).publish(&entries(23)).await;
            let mut expected = vec!["taken".to_owned(); 23];
            expected[refused] = word.to_owned();
            assert_eq!(words(&said), expected, "{code} at {refused}");
            let requests = wire.requests();
            let sent: Vec<String> = requests.iter().flat_map(ids).collect();
            assert_eq!(sent, (0..23).map(|number| format!("e-{number}")).collect::<Vec<_>>(), "each once, in order");
            assert_eq!(requests.iter().map(|request| ids(request).len()).collect::<Vec<_>>(), [10, 10, 3]);
        }
    }
}

#[tokio::test]
async fn a_call_without_an_answer_leaves_only_its_own_entries_to_be_said_again() {
    for (trouble, reply) in [
        ("nothing", Reply::Nothing),
        ("server error", Reply::Refused(500, "InternalFailure")),
        ("throttled", Reply::Refused(400, "ThrottlingException")),
    ] {
        for lost in 0..3 {
            let reply = reply.clone();
            let wire = FakeWire::new(
                move |number, request| {
                    if number == lost { reply.clone() } else { answer(taken(request)) }
                },
            );
            let said = words(&bus(&wire).publish(&entries(23)).await);
            let expected: Vec<&str> =
                (0..23).map(|index| if index / 10 == lost { "passing" } else { "taken" }).collect();
            assert_eq!(said, expected, "{trouble} for call {lost}");
        }
    }
}

#[tokio::test]
async fn one_entry_that_spoils_a_whole_call_does_not_take_the_others_with_it() {
    let wire = FakeWire::new(|_, request| {
        let spoiled = ids(request).contains(&"e-4".to_owned());
        if spoiled { Reply::Refused(400, "ValidationException") } else { answer(taken(request)) }
    });
    let said = words(&bus(&wire).publish(&entries(12)).await);
    let mut expected = vec!["taken"; 12];
    expected[4] = "ValidationException";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_call_nobody_may_make_is_made_once_and_refuses_all() {
    let wire = FakeWire::new(|_, _| Reply::Refused(400, "AccessDeniedException"));
    assert_eq!(words(&bus(&wire).publish(&entries(3)).await), ["AccessDeniedException"; 3]);
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_too_short_leaves_the_rest_to_be_said_again() {
    for missing in 1..=5 {
        let wire = FakeWire::new(move |_, request| {
            let mut results = taken(request);
            results.truncate(5 - missing);
            answer(results)
        });
        let said = words(&bus(&wire).publish(&entries(5)).await);
        let expected: Vec<&str> = (0..5).map(|index| if index < 5 - missing { "taken" } else { "passing" }).collect();
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn calls_are_packed_by_size_as_the_service_counts_it() {
    let one = BusEntry::of(&entry(0, 1_000)).unwrap().bytes();
    for (limit, expected) in [(one * 3, vec![3, 3, 1]), (one * 3 - 1, vec![2, 2, 2, 1]), (one, vec![1; 7])] {
        let wire = FakeWire::new(|_, request| answer(taken(request)));
        let entries: Vec<Entry> = (0..7).map(|number| entry(number, 1_000)).collect();
        let said = bus(&wire).with_call_bytes(limit).publish(&entries).await;
        assert_eq!(words(&said), ["taken"; 7]);
        assert_eq!(wire.requests().iter().map(|request| ids(request).len()).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn an_entry_larger_than_any_call_is_refused_here_and_the_others_go_out() {
    for large in 0..4 {
        let wire = FakeWire::new(|_, request| answer(taken(request)));
        let entries: Vec<Entry> =
            (0..4).map(|number| entry(number, if number == large { 300_000 } else { 10 })).collect();
        let said = words(&bus(&wire).publish(&entries).await);
        let mut expected = vec!["taken"; 4];
        expected[large] = "TOO_LARGE";
        assert_eq!(said, expected);
        assert!(!wire.requests().iter().flat_map(ids).any(|id| id == format!("e-{large}")));
    }
}

#[test]
fn an_entry_weighs_its_time_source_name_detail_and_resources() {
    let entry = BusEntry {
        source: "ab".to_owned(),
        detail_type: "cde".to_owned(),
        resources: vec!["f".to_owned(), "gh".to_owned()],
        time: Timestamp::UNIX_EPOCH,
        detail: "é".to_owned(),
    };
    assert_eq!(entry.bytes(), 14 + 2 + 3 + 3 + 2);
}
