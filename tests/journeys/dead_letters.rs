//! Dead letters of all four shapes, put back once and five times: one effect.

use std::collections::BTreeMap;

use causeway_aws::dead_letters::DeadLetter;
use jiff::Timestamp;
use serde_json::{Value, json, value::RawValue};

use crate::cancellation::{end_state::EndState, in_memory};

type Attributes = BTreeMap<String, String>;

/// What each of the four writers leaves behind when the goods' coming in could not be told.
fn shapes() -> [(&'static str, String, Attributes); 4] {
    let by_hand = event(&json!({ "data": { "sku": "mug", "quantity": 5 } }));
    let rule = attributes(&[
        ("RULE_ARN", "arn:aws:events:eu-central-1:1:rule/causeway/InventoryOnReceiveStock"),
        ("TARGET_ARN", "arn:aws:lambda:eu-central-1:1:function:InventoryOnReceiveStock"),
        ("ERROR_CODE", "NO_PERMISSIONS"),
    ]);
    let schedule = attributes(&[
        ("SCHEDULE_ARN", "arn:aws:scheduler:eu-central-1:1:schedule/timers/inventory-1"),
        ("SCHEDULED_TIME", "2026-01-01T00:00:00Z"),
        ("IS_PAYLOAD_TRUNCATED", "false"),
        ("ERROR_CODE", "AccessDeniedException"),
    ]);
    let failed = json!({
        "version": "1.0",
        "timestamp": "2026-01-01T00:03:00.000Z",
        "requestContext": {
            "requestId": "r-1",
            "functionArn": "arn:aws:lambda:eu-central-1:1:function:InventoryOnReceiveStock",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": by_hand,
        "responsePayload": { "errorType": "Retry.Conflict", "errorMessage": "others were first" },
    });
    let kept = json!({
        "reason": "LOOP", "explanation": "in full", "consumer": "inventory-on-receive-stock",
        "at": "2026-01-01T00:00:00Z", "message": by_hand,
    });
    [
        ("rule", by_hand.to_string(), rule),
        ("function", failed.to_string(), Attributes::new()),
        ("timer", envelope().to_string(), schedule),
        ("kept", kept.to_string(), Attributes::new()),
    ]
}

fn event(detail: &Value) -> Value {
    json!({
        "version": "0", "id": "b-1", "detail-type": "ReceiveStock", "source": "shop.web", "account": "1",
        "time": "2026-01-01T00:00:00Z", "region": "eu-central-1", "resources": [], "detail": detail,
    })
}

fn envelope() -> Value {
    json!({
        "eventId": "t-1", "eventType": "ReceiveStock", "eventVersion": 1, "aggregateType": "inventory",
        "aggregateId": "mug", "timestamp": "2026-01-01T00:00:00Z", "data": { "sku": "mug", "quantity": 5 },
        "metadata": { "correlationId": "c-1", "causationId": "c-1", "hops": 1 },
    })
}

fn attributes(written: &[(&str, &str)]) -> Attributes {
    written.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The house after the letter came back so often.
fn after(letter: &DeadLetter, times: u32, corrected: Option<&RawValue>) -> EndState {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut driver, _kept) = in_memory();
        for _ in 0..times {
            let entry = letter.entry(corrected).unwrap();
            driver.deliver(&entry.source, &entry.detail_type, RawValue::from_string(entry.detail).unwrap());
            driver.run(None).await;
        }
        EndState::of(&driver).await
    })
}

#[test]
fn a_letter_of_any_shape_redriven_once_or_five_times_has_one_effect() {
    for (shape, body, attributes) in shapes() {
        let letter = DeadLetter::read(&body, &attributes, Some(Timestamp::UNIX_EPOCH));
        let once = after(&letter, 1, None);
        assert_eq!(once.log.len(), 1, "{shape}");
        assert!(once.letters.is_empty(), "{shape}: {:?}", once.letters);
        assert_eq!(after(&letter, 5, None), once, "{shape}");
    }
}

#[test]
fn a_malformed_message_is_corrected_and_redriven_and_takes_effect_once() {
    let broken = event(&json!({ "data": { "sku": "mug", "quantity": "five" } }));
    let kept = json!({
        "reason": "MALFORMED", "explanation": "quantity", "consumer": "inventory-on-receive-stock",
        "at": "2026-01-01T00:00:00Z", "message": broken,
    });
    let letter = DeadLetter::read(&kept.to_string(), &Attributes::new(), None);
    let corrected = serde_json::value::to_raw_value(&json!({ "data": { "sku": "mug", "quantity": 5 } })).unwrap();
    let as_it_was = after(&letter, 1, None);
    assert!(as_it_was.log.is_empty() && as_it_was.letters.len() == 1, "{as_it_was:?}");
    let once = after(&letter, 1, Some(&corrected));
    assert_eq!((once.log.len(), once.letters.len()), (1, 0));
    assert_eq!(after(&letter, 5, Some(&corrected)), once);
}
