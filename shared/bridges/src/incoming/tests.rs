use serde_json::{Value, json};

use super::*;

const ORIGIN_ARN: &str = "arn:aws:events:us-east-1:000000000000:event-bus/causeway";

fn body() -> Value {
    json!({
        "eventId": "e-1", "eventType": "OrderPlaced", "eventVersion": 2, "aggregateType": "order",
        "aggregateId": "o-1", "version": 1, "timestamp": "2026-01-01T12:00:00Z", "data": { "a": 1.10 },
        "metadata": { "correlationId": "c-1", "causationId": "e-0", "hops": 3 },
    })
}

fn taken(body: &str) -> Taken {
    Taken { position: "orders/0/17".to_owned(), lasting_position: true, body: body.into(), ..Taken::default() }
}

fn read_at_noon(taken: &Taken) -> Result<Incoming, Poison> {
    read("kafka", ORIGIN_ARN, taken, "2026-01-01T12:00:00Z".parse().unwrap())
}

fn entry(taken: &Taken) -> Entry {
    match read_at_noon(taken) {
        Ok(Incoming::Publish(entry)) => *entry,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_is_published_under_the_source_of_the_bridge_with_one_hop_more() {
    let text = body().to_string().replace("1.1", "1.10");
    let Entry { source, envelope } = entry(&taken(&text));
    assert_eq!(source, "bridge.kafka");
    assert_eq!(envelope.data.get(), r#"{"a":1.10}"#, "the body is not written anew");
    let written = serde_json::to_value(&envelope).unwrap();
    let mut expected = body();
    expected["metadata"]["hops"] = 4.into();
    assert_eq!(written, expected);
}

#[test]
fn what_a_message_leaves_out_follows_from_its_id() {
    let mut left_out = body();
    for field in ["version", "timestamp", "metadata"] {
        left_out.as_object_mut().unwrap().remove(field);
    }
    let envelope = entry(&taken(&left_out.to_string())).envelope;
    assert_eq!((envelope.version, envelope.timestamp.to_string().as_str()), (None, "2026-01-01T12:00:00Z"));
    assert_eq!((envelope.metadata.correlation_id.as_str(), envelope.metadata.causation_id.as_str()), ("e-1", "e-1"));
}

#[test]
fn without_an_id_the_header_or_a_lasting_position_gives_one() {
    let mut without = body();
    without.as_object_mut().unwrap().remove("eventId");
    let mut message = taken(&without.to_string());
    let (first, second) = (entry(&message).envelope.event_id, entry(&message).envelope.event_id);
    assert_eq!(first, second, "a repeated delivery has the same id");
    message.position = "orders/0/18".to_owned();
    assert_ne!(entry(&message).envelope.event_id, first);
    message.headers.insert(EVENT_ID.to_owned(), "h-1".to_owned());
    assert_eq!(entry(&message).envelope.event_id.as_str(), "h-1");
    message.headers.clear();
    message.lasting_position = false;
    let poison = read_at_noon(&message).unwrap_err();
    assert!(poison.reason.contains("eventId") && poison.reason.contains("event-id"), "{poison}");
}

#[test]
fn a_message_that_was_sent_from_this_bus_goes_no_further() {
    let mut message = taken(&body().to_string());
    message.headers.insert(ORIGIN.to_owned(), ORIGIN_ARN.to_owned());
    assert!(matches!(read_at_noon(&message), Ok(Incoming::OwnEvent)));
    message.headers.insert(ORIGIN.to_owned(), "arn:aws:events:us-east-1:111111111111:event-bus/causeway".to_owned());
    assert!(matches!(read_at_noon(&message), Ok(Incoming::Publish(_))), "another bus may send to this one");
}

#[test]
fn bad_input_is_poison_with_a_code_the_field_and_the_rule() {
    let changed = |field: &str, value: Value| {
        let mut body = body();
        body[field] = value;
        body.to_string()
    };
    let cases = [
        ("order o-1".to_owned(), "MALFORMED", "JSON"),
        ("[]".to_owned(), "MALFORMED", "must be an object"),
        (r#"{"a":1,"a":2}"#.to_owned(), "MALFORMED", "duplicate key"),
        (changed("eventType", "Order Placed".into()), "MALFORMED", "eventType"),
        (changed("eventType", "".into()), "MALFORMED", "eventType"),
        (changed("eventType", "x".repeat(129).into()), "MALFORMED", "eventType"),
        (changed("eventVersion", 0.into()), "MALFORMED", "eventVersion"),
        (changed("eventVersion", "two".into()), "MALFORMED", "eventVersion"),
        (changed("aggregateId", Value::Null), "MALFORMED", "aggregateId"),
        (changed("aggregateId", "o/1".into()), "MALFORMED", "aggregateId"),
        (changed("timestamp", "yesterday".into()), "MALFORMED", "timestamp"),
        (changed("metadata", json!({ "hops": 16 })), "LOOP", "metadata.hops"),
        (changed("metadata", json!({ "hops": u32::MAX })), "LOOP", "metadata.hops"),
        (changed("data", "x".repeat(MAX_MESSAGE_BYTES).into()), "TOO_LARGE", "bytes"),
        (" ".repeat(2 * MAX_MESSAGE_BYTES + 1), "TOO_LARGE", "bytes"),
    ];
    for (body, code, word) in cases {
        let poison = read_at_noon(&taken(&body)).unwrap_err();
        assert!(poison.code == code && poison.reason.contains(word), "{poison} for {:.80}", body);
    }
    let poison = read_at_noon(&Taken { body: vec![0xff], ..taken("") }).unwrap_err();
    assert!(poison.reason.contains("UTF-8"), "{poison}");
}
