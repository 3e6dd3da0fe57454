//! What comes in from outside, and which of it is refused by which rule.

use serde_json::{Value, json, value::RawValue};

use crate::{
    delivery::receive::{ReceiveError, receive},
    failure::Failure,
    memory::MemoryIds,
    message::{
        contract::{MAX_MESSAGE_BYTES, Message},
        envelope::{Delivery, MAX_HOPS, Received},
        id::StreamId,
        system::CommandRejected,
    },
    testing::{
        Sequence,
        tests::lamp::{DimLamp, LampFed},
    },
};

fn fact() -> Delivery {
    Sequence::new(StreamId::parse("lamp/l-1").unwrap()).fact(&LampFed { drops: 3 }).deliveries().remove(0)
}

fn with_detail(delivery: &Delivery, detail: &str) -> Delivery {
    Delivery { detail: RawValue::from_string(detail.to_owned()).unwrap(), ..delivery.clone() }
}

/// The fact with one thing in its envelope changed, or taken away.
fn changed(path: &str, value: Value) -> Delivery {
    let mut detail: Value = serde_json::from_str(fact().detail.get()).unwrap();
    let (parent, field) = path.rsplit_once('/').unwrap();
    let parent = detail.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => parent.remove(field),
        value => parent.insert(field.to_owned(), value),
    };
    with_detail(&fact(), &detail.to_string())
}

fn refusal<M: Message + std::fmt::Debug>(delivery: &Delivery) -> (&'static str, String) {
    let error = receive::<M>(delivery).expect_err("it must be refused");
    let told = (error.code(), error.to_string());
    assert!(matches!(Failure::from(error), Failure::Permanent(_)), "no retry can help");
    told
}

#[test]
fn a_fact_is_received_whole() {
    let received: Received<LampFed> = receive(&fact()).unwrap();
    assert_eq!(received.data, LampFed { drops: 3 });
    assert_eq!(received.stream, Some(StreamId::parse("lamp/l-1").unwrap()));
    assert_eq!((received.version, received.timestamp), (Some(1), fact().time));
    let cause = received.cause();
    assert_eq!((cause.command, cause.name.as_str()), (received.id.clone(), "LampFed"));
    assert_eq!((cause.metadata.causation_id, cause.metadata.hops), (received.id, received.metadata.hops + 1));
}

#[test]
fn what_a_newer_writer_adds_is_no_harm() {
    for path in ["/more", "/metadata/more", "/data/more"] {
        assert!(receive::<LampFed>(&changed(path, json!({ "a": 1 }))).is_ok(), "{path}");
    }
}

#[test]
fn a_command_sent_by_hand_needs_only_its_body() {
    let by_hand = Delivery { detail_type: "DimLamp".to_owned(), ..with_detail(&fact(), r#"{"data":{}}"#) };
    let received: Received<DimLamp> = receive(&by_hand).unwrap();
    assert_eq!(received.id.as_str(), by_hand.id, "the bus's id stays the same over redeliveries");
    assert_eq!((received.timestamp, received.stream, received.version), (by_hand.time, None, None));
    assert_eq!(received.metadata.correlation_id, received.id);
    assert_eq!((received.metadata.causation_id, received.metadata.hops), (received.id, 0));
    let strange = Delivery { id: "no/id".to_owned(), ..by_hand };
    assert_eq!(refusal::<DimLamp>(&strange).0, "MALFORMED");
}

#[test]
fn a_fact_that_lacks_what_makes_it_one_is_refused() {
    for field in ["eventId", "aggregateType", "aggregateId", "eventVersion"] {
        let (code, words) = refusal::<LampFed>(&changed(&format!("/{field}"), Value::Null));
        assert_eq!((code, words), ("MALFORMED", format!("envelope, field {field}: a fact needs it")));
    }
    assert_eq!(refusal::<LampFed>(&changed("/data", Value::Null)).0, "MALFORMED");
}

#[test]
fn each_wrong_field_is_named() {
    let tries = [
        ("/data/drops", json!("many"), "LampFed v1, field drops: "),
        ("/data/drops", json!(-1), "LampFed v1, field drops: "),
        ("/data/drops", json!(1.5), "LampFed v1, field drops: "),
        ("/data", json!({}), "LampFed v1, field .: missing field `drops`"),
        ("/data", json!([]), "LampFed v1, field "),
        ("/eventId", json!("a/b"), "envelope, field eventId: id \"a/b\" must be 1 to 64 characters"),
        ("/aggregateId", json!("a b"), "envelope, field aggregateId: "),
        ("/aggregateId", json!("a".repeat(65)), "envelope, field aggregateId: "),
        ("/aggregateType", json!(""), "envelope, field aggregateType: "),
        ("/version", json!("1"), "envelope, field version: "),
        ("/timestamp", json!("yesterday"), "envelope, field timestamp: "),
        ("/eventType", json!("LampLit"), "envelope, field eventType: says LampLit, the detail-type says LampFed"),
        ("/metadata/hops", json!(-1), "envelope, field metadata.hops: "),
        ("/metadata/correlationId", json!("ü"), "envelope, field metadata.correlationId: "),
        ("/metadata", json!(7), "envelope, field metadata: "),
    ];
    for (path, value, expected) in tries {
        let (code, words) = refusal::<LampFed>(&changed(path, value));
        assert_eq!(code, "MALFORMED", "{words}");
        assert!(words.starts_with(expected), "{words:?} should begin with {expected:?}");
    }
}

#[test]
fn unknown_messages_and_versions_are_refused() {
    let other = Delivery { detail_type: "LampStolen".to_owned(), ..fact() };
    assert_eq!(refusal::<LampFed>(&other), ("UNKNOWN_MESSAGE", "unknown message LampStolen".to_owned()));
    for version in [0, 2, u32::MAX] {
        let (code, words) = refusal::<LampFed>(&changed("/eventVersion", json!(version)));
        assert_eq!(code, "UNKNOWN_VERSION", "{words}");
    }
}

#[test]
fn a_chain_of_causes_has_an_end() {
    assert!(receive::<LampFed>(&changed("/metadata/hops", json!(MAX_HOPS))).is_ok());
    let (code, words) = refusal::<LampFed>(&changed("/metadata/hops", json!(MAX_HOPS + 1)));
    assert_eq!((code, words.as_str()), ("LOOP", "LOOP: envelope, field metadata.hops: 17 is more than 16"));
}

#[test]
fn json_that_two_readers_read_differently_is_refused() {
    let fact_again = fact();
    let detail = fact_again.detail.get();
    let assert_idempotent = detail.replacen(r#""drops":3"#, r#""drops":3,"drops":4"#, 1);
    assert!(refusal::<LampFed>(&with_detail(&fact(), &assert_idempotent)).1.contains(r#"key "drops" stands twice"#));
    let envelope_twice = detail.replacen('{', r#"{"eventVersion":1,"#, 1);
    assert!(refusal::<LampFed>(&with_detail(&fact(), &envelope_twice)).1.contains("stands twice"));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(refusal::<LampFed>(&changed("/data/deep", serde_json::from_str(&deep).unwrap())).1.contains("deeper"));
    for detail in ["[]", "1", "null", r#""text""#] {
        assert_eq!(refusal::<LampFed>(&with_detail(&fact(), detail)).0, "MALFORMED");
    }
}

#[test]
fn a_body_may_have_192_kib_and_not_a_byte_more() {
    let sized = |bytes: usize| {
        let mut body = CommandRejected {
            stream: "lamp/l-1".to_owned(),
            command_id: "c-1".parse().unwrap(),
            command: String::new(),
            rule: String::new(),
            reason: String::new(),
        };
        let empty = serde_json::to_string(&body).unwrap().len();
        body.reason = "x".repeat(bytes - empty);
        let detail = json!({
            "eventId": "e-1", "eventVersion": 1, "aggregateType": "system", "aggregateId": "c-1", "data": body,
        });
        Delivery { detail_type: "CommandRejected".to_owned(), ..with_detail(&fact(), &detail.to_string()) }
    };
    assert!(receive::<CommandRejected>(&sized(MAX_MESSAGE_BYTES)).is_ok());
    for bytes in [MAX_MESSAGE_BYTES + 1, 3 * MAX_MESSAGE_BYTES] {
        let (code, words) = refusal::<CommandRejected>(&sized(bytes));
        assert_eq!(code, "TOO_LARGE", "{words}");
    }
}

/// A mutation anywhere in the envelope gives the same message or a typed refusal, and never a panic.
#[test]
fn twenty_thousand_spoilt_envelopes_each_get_an_answer() {
    let ids = MemoryIds::seeded(4);
    let sound = fact().detail.get().as_bytes().to_vec();
    let (mut accepted, mut refused) = (0, 0);
    while accepted + refused < 20_000 {
        let mut spoilt = sound.clone();
        for _ in 0..=ids.bits() % 3 {
            let at = (ids.bits() % spoilt.len() as u64) as usize;
            match ids.bits() % 3 {
                0 => spoilt[at] = (ids.bits() % 128) as u8,
                1 => drop(spoilt.remove(at)),
                _ => spoilt.insert(at, b"{}[]\",:0-e\\"[(ids.bits() % 11) as usize]),
            }
        }
        // What is no JSON at all cannot even be a delivery's detail.
        let Ok(detail) = RawValue::from_string(String::from_utf8_lossy(&spoilt).into_owned()) else {
            refused += 1;
            continue;
        };
        match receive::<LampFed>(&Delivery { detail, ..fact() }) {
            Ok(_) => accepted += 1,
            Err(ReceiveError::Loop { .. } | ReceiveError::TooLarge { .. }) => refused += 1,
            Err(error) => {
                assert!(["MALFORMED", "UNKNOWN_VERSION"].contains(&error.code()), "{error}");
                refused += 1;
            }
        }
    }
    assert!(accepted > 1_000 && refused > 10_000, "{accepted} accepted, {refused} refused");
}
