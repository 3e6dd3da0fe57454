//! Dead letters as each of their four writers writes them, and those that cannot go back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A letter as it lies in the queue.
#[derive(Clone, Debug)]
pub(super) struct StoredLetter {
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, String>,
}

fn shape(body: &Value, attributes: &[(&str, &str)]) -> StoredLetter {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    StoredLetter { body: body.to_string(), attributes: attributes.iter().map(owned).collect() }
}

fn event(detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "11111111-aaaa-bbbb-cccc-000000000001",
        "detail-type": "PlaceOrder",
        "source": "shop.web",
        "account": "1",
        "time": "2026-11-21T10:30:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    })
}

fn by_hand() -> Value {
    event(&json!({ "data": { "orderId": "o-1" } }))
}

const RULE: [(&str, &str); 6] = [
    ("RULE_ARN", "arn:aws:events:eu-central-1:1:rule/causeway/OrderOnPlaceOrder"),
    ("TARGET_ARN", "arn:aws:lambda:eu-central-1:1:function:OrderOnPlaceOrder"),
    ("ERROR_CODE", "NO_PERMISSIONS"),
    ("ERROR_MESSAGE", "not allowed"),
    ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
    ("RETRY_ATTEMPTS", "3"),
];

/// What a rule could not deliver.
pub(super) fn rule() -> StoredLetter {
    shape(&by_hand(), &RULE)
}

/// What a function failed at too often.
pub(super) fn function() -> StoredLetter {
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-21T10:33:00.000Z",
        "requestContext": {
            "requestId": "r-1",
            "functionArn": "arn:aws:lambda:eu-central-1:1:function:OrderOnPlaceOrder",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": by_hand(),
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Retry.Conflict", "errorMessage": "others were first 8 times" },
    });
    shape(&record, &[])
}

fn schedule(truncated: &str) -> Vec<(&str, &str)> {
    vec![
        ("SCHEDULE_ARN", "arn:aws:scheduler:eu-central-1:1:schedule/timers/order-1"),
        ("TARGET_ARN", "arn:aws:events:eu-central-1:1:event-bus/causeway"),
        ("EXECUTION_ID", "x-1"),
        ("SCHEDULED_TIME", "2026-11-21T10:30:00Z"),
        ("IS_PAYLOAD_TRUNCATED", truncated),
        ("RETRY_ATTEMPTS", "185"),
        ("ERROR_CODE", "AccessDeniedException"),
    ]
}

fn envelope() -> Value {
    json!({
        "eventId": "t-1", "eventType": "PlaceOrder", "eventVersion": 1, "aggregateType": "order",
        "aggregateId": "o-1", "timestamp": "2026-11-21T10:30:00Z", "data": { "orderId": "o-1" },
        "metadata": { "correlationId": "c-1", "causationId": "c-1", "hops": 1 },
    })
}

/// What a timer could not say.
pub(super) fn timer() -> StoredLetter {
    shape(&envelope(), &schedule("false"))
}

/// The same as the call that the scheduler would have made.
fn timer_call() -> StoredLetter {
    let entry = json!({ "Source": "causeway.order", "DetailType": "PlaceOrder", "Detail": envelope().to_string() });
    shape(&json!({ "Entries": [entry] }), &schedule("false"))
}

fn kept_as(reason: &str, message: &Value) -> StoredLetter {
    let letter = json!({
        "reason": reason, "explanation": "in full", "consumer": "order-on-place-order",
        "at": "2026-11-21T10:30:00Z", "message": message,
    });
    shape(&letter, &[])
}

/// What a function of ours kept.
pub(super) fn kept() -> StoredLetter {
    kept_as("LOOP", &event(&json!({ "eventId": "e-1", "data": { "orderId": "o-1" } })))
}

/// What a function of ours kept because it could not be read, though it has an id.
pub(super) fn malformed() -> StoredLetter {
    kept_as("MALFORMED", &event(&json!({ "eventId": "e-broken", "data": { "order": 7 } })))
}

/// One of each shape; a schedule writes in two clients.
pub(super) fn all() -> [StoredLetter; 5] {
    [rule(), function(), timer(), timer_call(), kept()]
}

/// Letters that cannot go back, with a part of the reason.
pub(super) fn refused() -> Vec<(StoredLetter, &'static str)> {
    let mut replayed = by_hand();
    replayed["replay-name"] = "last-week".into();
    let mut tick = by_hand();
    tick["source"] = "aws.events".into();
    let pointers = json!({
        "requestContext": { "functionArn": "arn:relay", "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 5 },
        "DDBStreamBatchInfo": { "shardId": "s-1", "startSequenceNumber": "1", "batchSize": 3 },
    });
    let twice = by_hand().to_string().replace(r#"{"orderId":"o-1"}"#, r#"{"orderId":"o-1","orderId":"o-2"}"#);
    let twice = StoredLetter { body: twice, ..rule() };
    let broken = StoredLetter { body: "{\"id\":".to_owned(), ..rule() };
    vec![
        (shape(&envelope(), &schedule("true")), "truncated it"),
        (broken, "not an EventBridge event"),
        (shape(&pointers, &[]), "repair"),
        (shape(&replayed, &RULE), "replay again"),
        (shape(&tick, &RULE), "only AWS"),
        (twice, "stands twice"),
        (shape(&event(&json!([1])), &RULE), "needs correction"),
        (kept_as("MALFORMED", &json!("no event")), "not an EventBridge event"),
        (kept_as("FORGED", &by_hand()), "it was forged"),
    ]
}
