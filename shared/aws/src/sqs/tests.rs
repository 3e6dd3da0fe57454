//! Dead letters sent over a fake wire.

use causeway::{
    delivery::dead_letter::{DeadLetter as OwnDeadLetter, DeadLetters},
    failure::causes,
};
use jiff::Timestamp;
use serde_json::{Value, json, value::RawValue};

use super::SqsDeadLetters;
use crate::{
    dead_letters::{Content, DeadLetter, Origin},
    fake_wire::{FakeWire, Reply, client_on},
};

fn letter(message: &str) -> OwnDeadLetter {
    OwnDeadLetter {
        reason: "MALFORMED".to_owned(),
        explanation: "field data: missing".to_owned(),
        consumer: "order-on-place-order".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        message: RawValue::from_string(message.to_owned()).unwrap(),
    }
}

fn queue(wire: &FakeWire) -> SqsDeadLetters {
    SqsDeadLetters::new(client_on!(aws_sdk_sqs, wire), "https://sqs.eu-central-1.amazonaws.com/1/letters")
}

#[tokio::test]
async fn a_dead_letter_is_read_as_it_was_sent() {
    let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({ "MessageId": "m-1" })));
    queue(&wire).keep(&letter(r#"{"detail":"not an event"}"#)).await.unwrap();
    let request = &wire.requests()[0];
    assert_eq!(request.operation, "SendMessage");
    let read = DeadLetter::read(request.body["MessageBody"].as_str().unwrap(), &Default::default(), None);
    assert_eq!(read.reason, "MALFORMED");
    assert_eq!(read.explanation, "field data: missing");
    assert_eq!(read.origin, Origin::Kept { consumer: "order-on-place-order".to_owned() });
    assert!(matches!(read.content, Content::Unreadable { text, .. } if text == r#"{"detail":"not an event"}"#));
}

#[tokio::test]
async fn characters_that_sqs_rejects_are_escaped() {
    let wire = FakeWire::new(|_, _| Reply::Answer(200, json!({ "MessageId": "m-1" })));
    queue(&wire).keep(&letter("{\"name\":\"a\u{fffe}b\u{ffff}c\"}")).await.unwrap();
    let requests = wire.requests();
    let body = requests[0].body["MessageBody"].as_str().unwrap();
    assert!(!body.contains(['\u{fffe}', '\u{ffff}']));
    let read: Value = serde_json::from_str(body).unwrap();
    assert_eq!(read["message"]["name"], "a\u{fffe}b\u{ffff}c");
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_sent_is_an_error() {
    let wire = FakeWire::new(|_, _| Reply::Refused(403, "AccessDenied"));
    let error = queue(&wire).keep(&letter("{}")).await.unwrap_err();
    assert!(causes(&error).starts_with("the dead letter of order-on-place-order was not stored"), "{error}");
}
