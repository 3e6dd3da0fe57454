//! Which deliveries are decoded, and which error the others get.

use serde_json::{Value, json};

use super::*;
use crate::{
    memory::MemoryIds,
    message::CommandRejected,
    testing::{
        Sequence,
        tests::{DimLamp, LampFed, with_field},
    },
};

fn event() -> Delivery {
    Sequence::new(StreamId::parse("lamp/l-1").unwrap()).event(&LampFed { drops: 3 }).deliveries().remove(0)
}

fn with_detail(delivery: &Delivery, detail: &str) -> Delivery {
    Delivery { detail: RawValue::from_string(detail.to_owned()).unwrap(), ..delivery.clone() }
}

/// The event with one field of its envelope changed, or removed by null.
fn changed(path: &str, value: Value) -> Delivery {
    with_field(&event(), path, value)
}

fn error_of<M: Message + std::fmt::Debug>(delivery: &Delivery) -> (&'static str, String) {
    let error = receive::<M>(delivery).expect_err("it must fail");
    let code_and_text = (error.code(), error.to_string());
    assert!(matches!(Failure::from(error), Failure::Permanent(_)), "a retry cannot help");
    code_and_text
}

#[test]
fn an_event_is_decoded_completely() {
    let received: Received<LampFed> = receive(&event()).unwrap();
    assert_eq!(received.data, LampFed { drops: 3 });
    assert_eq!(received.stream, Some(StreamId::parse("lamp/l-1").unwrap()));
    assert_eq!((received.version, received.timestamp), (Some(1), event().time));
    let received =
        Received { metadata: Metadata { causation_id: "before".parse().unwrap(), ..received.metadata }, ..received };
    let cause = received.cause();
    assert_eq!((cause.command, cause.name.as_str()), (received.id.clone(), "LampFed"));
    assert_eq!((cause.metadata.causation_id, cause.metadata.hops), (received.id, received.metadata.hops + 1));
}

#[test]
fn unknown_fields_are_ignored() {
    for path in ["/more", "/metadata/more", "/data/more"] {
        assert!(receive::<LampFed>(&changed(path, json!({ "a": 1 }))).is_ok(), "{path}");
    }
}

#[test]
fn a_command_sent_by_hand_needs_only_its_body() {
    let by_hand = Delivery { detail_type: "DimLamp".to_owned(), ..with_detail(&event(), r#"{"data":{}}"#) };
    let received: Received<DimLamp> = receive(&by_hand).unwrap();
    assert_eq!(received.id.as_str(), by_hand.id, "the delivery id is the same for redeliveries");
    assert_eq!((received.timestamp, received.stream, received.version), (by_hand.time, None, None));
    assert_eq!(received.metadata.correlation_id, received.id);
    assert_eq!((received.metadata.causation_id, received.metadata.hops), (received.id, 0));
    let strange = Delivery { id: "no/id".to_owned(), ..by_hand };
    assert_eq!(error_of::<DimLamp>(&strange).0, "MALFORMED");
}

#[test]
fn an_event_needs_all_fields_of_the_envelope() {
    for field in ["eventId", "aggregateType", "aggregateId", "eventVersion"] {
        let (code, text) = error_of::<LampFed>(&changed(&format!("/{field}"), Value::Null));
        assert_eq!((code, text), ("MALFORMED", format!("envelope, field {field}: an event needs it")));
    }
    assert_eq!(error_of::<LampFed>(&changed("/data", Value::Null)).0, "MALFORMED");
}

#[test]
fn each_wrong_field_is_named() {
    let cases = [
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
        ("/eventType", json!("LampLit"), "envelope, field eventType: LampLit differs from the detail-type LampFed"),
        ("/metadata/hops", json!(-1), "envelope, field metadata.hops: "),
        ("/metadata/correlationId", json!("ü"), "envelope, field metadata.correlationId: "),
        ("/metadata", json!(7), "envelope, field metadata: "),
    ];
    for (path, value, expected) in cases {
        let (code, text) = error_of::<LampFed>(&changed(path, value));
        assert_eq!(code, "MALFORMED", "{text}");
        assert!(text.starts_with(expected), "{text:?} should begin with {expected:?}");
    }
}

#[test]
fn unknown_messages_and_versions_are_refused() {
    let other = Delivery { detail_type: "LampStolen".to_owned(), ..event() };
    assert_eq!(error_of::<LampFed>(&other), ("UNKNOWN_MESSAGE", "unknown message LampStolen".to_owned()));
    for version in [0, 2, u32::MAX] {
        let (code, text) = error_of::<LampFed>(&changed("/eventVersion", json!(version)));
        assert_eq!(code, "UNKNOWN_VERSION", "{text}");
    }
}

#[test]
fn a_chain_of_causes_has_a_limit() {
    assert!(receive::<LampFed>(&changed("/metadata/hops", json!(MAX_HOPS))).is_ok());
    let (code, text) = error_of::<LampFed>(&changed("/metadata/hops", json!(MAX_HOPS + 1)));
    assert_eq!((code, text.as_str()), ("LOOP", "LOOP: envelope, field metadata.hops: 17 is more than 16"));
}

#[test]
fn duplicate_keys_and_deep_nesting_are_refused() {
    let event_again = event();
    let detail = event_again.detail.get();
    let key_twice = detail.replacen(r#""drops":3"#, r#""drops":3,"drops":4"#, 1);
    assert!(error_of::<LampFed>(&with_detail(&event(), &key_twice)).1.contains(r#"duplicate key "drops""#));
    let envelope_twice = detail.replacen('{', r#"{"eventVersion":1,"#, 1);
    assert!(error_of::<LampFed>(&with_detail(&event(), &envelope_twice)).1.contains("duplicate key"));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(error_of::<LampFed>(&changed("/data/deep", serde_json::from_str(&deep).unwrap())).1.contains("deeper"));
    for detail in ["[]", "1", "null", r#""text""#] {
        assert_eq!(error_of::<LampFed>(&with_detail(&event(), detail)).0, "MALFORMED");
    }
}

#[test]
fn a_body_of_more_than_192_kib_is_refused() {
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
        Delivery { detail_type: "CommandRejected".to_owned(), ..with_detail(&event(), &detail.to_string()) }
    };
    assert!(receive::<CommandRejected>(&sized(MAX_MESSAGE_BYTES)).is_ok());
    for bytes in [MAX_MESSAGE_BYTES + 1, 3 * MAX_MESSAGE_BYTES] {
        let (code, text) = error_of::<CommandRejected>(&sized(bytes));
        assert_eq!(code, "TOO_LARGE", "{text}");
    }
}

#[test]
fn a_detail_is_at_most_twice_as_long_as_a_body_may_be() {
    let padded = |bytes: usize| {
        let detail = event().detail.get().to_owned();
        let spaces = " ".repeat(bytes - detail.len());
        with_detail(&event(), &detail.replacen('{', &format!("{{{spaces}"), 1))
    };
    assert!(receive::<LampFed>(&padded(2 * MAX_MESSAGE_BYTES)).is_ok());
    let (code, text) = error_of::<LampFed>(&padded(2 * MAX_MESSAGE_BYTES + 1));
    assert_eq!(code, "TOO_LARGE", "{text}");
}

/// A mutation anywhere in the envelope gives a message or a typed error, never a panic.
#[test]
fn twenty_thousand_mutated_envelopes_never_panic() {
    let ids = MemoryIds::seeded(4);
    let valid = event().detail.get().as_bytes().to_vec();
    let (mut accepted, mut refused) = (0, 0);
    while accepted + refused < 20_000 {
        let mut mutated = valid.clone();
        for _ in 0..=ids.bits() % 3 {
            let at = (ids.bits() % mutated.len() as u64) as usize;
            match ids.bits() % 3 {
                0 => mutated[at] = (ids.bits() % 128) as u8,
                1 => drop(mutated.remove(at)),
                _ => mutated.insert(at, b"{}[]\",:0-e\\"[(ids.bits() % 11) as usize]),
            }
        }
        // A text that is not JSON cannot be the detail of a delivery.
        let Ok(detail) = RawValue::from_string(String::from_utf8_lossy(&mutated).into_owned()) else {
            refused += 1;
            continue;
        };
        match receive::<LampFed>(&Delivery { detail, ..event() }) {
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
