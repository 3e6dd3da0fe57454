//! Asynchronous invocations: retries, destinations, concurrency and restarts.

mod faults;
mod synchronous;

use jiff::SignedDuration;
use serde_json::json;

use super::{
    Condition, FunctionError, InvocationStep,
    fixture::{
        ARN,
        Behaviour::{Answer, Fail, Hang, Panic},
        DEAD_LETTERS, FAILURES, Fixture, function,
    },
};
use crate::interfaces::InvokeAsync;

const EVENT: &str = r#"{"detail-type":"OrderPlaced"}"#;

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn an_event_that_fails_three_times_is_sent_to_the_on_failure_destination() {
    let fixture = Fixture::new([Fail, Fail, Fail]);
    let invoker = fixture.accept(EVENT).await;
    fixture.advance(minutes(10)).await;
    let id = fixture.function.invocations.lock().unwrap()[0].request_id.clone();
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-21T05:03:00.000Z",
        "requestContext": {
            "requestId": id,
            "functionArn": format!("{ARN}:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": { "detail-type": "OrderPlaced" },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Retry.Conflict", "errorMessage": "the stock was oversold" },
    });
    assert_eq!(fixture.queues.bodies(FAILURES), [record]);
    assert_eq!(fixture.queues.sent.lock().unwrap().len(), 1);
    assert_eq!((fixture.invocation_count(), invoker.pending()), (3, 0));
}

#[tokio::test]
async fn retries_follow_after_one_and_two_minutes_with_the_same_request_id() {
    let fixture = Fixture::new([Fail, Fail, Answer("null")]);
    let invoker = fixture.accept(EVENT).await;
    let mut seen = Vec::new();
    for seconds in [0, 59, 1, 119, 1, 600] {
        fixture.advance(SignedDuration::from_secs(seconds)).await;
        seen.push(fixture.invocation_count());
    }
    assert_eq!(seen, [1, 1, 2, 2, 3, 3]);
    let ids: Vec<_> = fixture.function.invocations.lock().unwrap().iter().map(|one| one.request_id.clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!((fixture.queues.sent.lock().unwrap().len(), invoker.pending()), (0, 0));
}

#[tokio::test]
async fn a_function_that_times_out_is_cancelled_and_retried() {
    let fixture = Fixture::new([Hang, Answer("null")]);
    let invoker = fixture.accept(EVENT).await;
    fixture.advance(SignedDuration::from_millis(2_999)).await;
    assert_eq!(*fixture.function.cancelled.lock().unwrap(), 0);
    fixture.advance(SignedDuration::from_millis(1)).await;
    assert_eq!(*fixture.function.cancelled.lock().unwrap(), 1);
    let failure = match &fixture.activity.lock().unwrap()[0].step {
        InvocationStep::Failed(_, failure) => failure.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(failure.kind, "Sandbox.Timedout");
    assert!(failure.message.ends_with("Error: Task timed out after 3.00 seconds"), "{failure}");
    fixture.advance(minutes(1)).await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (2, 0));
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_invocation_only() {
    let fixture = Fixture::new([Panic, Answer("null")]);
    let invoker = fixture.accept(EVENT).await;
    fixture.advance(minutes(2)).await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (2, 0));
}

#[tokio::test]
async fn a_killed_function_has_failed_and_is_retried() {
    let fixture = Fixture::new([Hang, Answer("null")]);
    let invoker = fixture.accept(EVENT).await;
    fixture.settle().await;
    fixture.functions.kill("reserve");
    fixture.settle().await;
    assert_eq!(*fixture.function.cancelled.lock().unwrap(), 1);
    fixture.advance(minutes(1)).await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (2, 0));
}

#[tokio::test]
async fn the_timeout_starts_with_the_concurrency_permit() {
    let fixture = Fixture::new([Hang, Hang]);
    fixture.configure(|function| function.reserved_concurrency = Some(1));
    let invoker = fixture.accept(EVENT).await;
    invoker.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    fixture.advance(SignedDuration::from_secs(5)).await;
    assert_eq!(*fixture.function.cancelled.lock().unwrap(), 1);
    fixture.advance(SignedDuration::from_secs(1)).await;
    assert_eq!(*fixture.function.cancelled.lock().unwrap(), 2);
}

#[tokio::test]
async fn an_event_is_given_up_when_the_next_attempt_would_exceed_its_maximum_age() {
    let fixture = Fixture::new([Fail, Fail]);
    fixture.configure(|function| function.invokes.maximum_age_seconds = 120);
    let invoker = fixture.accept(EVENT).await;
    fixture.advance(minutes(1)).await;
    let records = fixture.queues.bodies(FAILURES);
    assert_eq!(records[0]["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!((fixture.invocation_count(), invoker.pending()), (2, 0));
}

#[tokio::test]
async fn without_retries_one_failure_is_final() {
    let fixture = Fixture::new([Fail]);
    fixture.configure(|function| function.invokes.retries = 0);
    let _invoker = fixture.accept(EVENT).await;
    fixture.settle().await;
    assert_eq!(fixture.queues.bodies(FAILURES)[0]["requestContext"]["approximateInvokeCount"], 1);
}

#[tokio::test]
async fn with_zero_reserved_concurrency_events_go_to_the_on_failure_destination_at_once() {
    let fixture = Fixture::new([]);
    fixture.configure(|function| function.reserved_concurrency = Some(0));
    let invoker = fixture.accept(EVENT).await;
    fixture.settle().await;
    let record = &fixture.queues.bodies(FAILURES)[0];
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!(record.get("responseContext"), None);
    assert_eq!((fixture.invocation_count(), invoker.pending()), (0, 0));
}

#[tokio::test]
async fn an_event_waits_while_the_reserved_concurrency_is_used_up() {
    let fixture = Fixture::new([Hang, Answer("null")]);
    fixture.configure(|function| function.reserved_concurrency = Some(1));
    let invoker = fixture.accept(EVENT).await;
    invoker.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    fixture.settle().await;
    assert_eq!(fixture.invocation_count(), 1);
    fixture.advance(SignedDuration::from_secs(3)).await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (2, 1));
}

#[tokio::test]
async fn a_dead_letter_holds_the_event_and_three_attributes() {
    let fixture = Fixture::new([Fail]);
    let mut with_dlq = function();
    with_dlq.invokes.retries = 0;
    with_dlq.invokes.on_failure_arn = None;
    with_dlq.dead_letter_arn = Some(DEAD_LETTERS.to_owned());
    fixture.functions.put(with_dlq);
    let _invoker = fixture.accept(EVENT).await;
    fixture.settle().await;
    let sent = fixture.queues.sent.lock().unwrap();
    let (queue, message) = &sent[0];
    assert_eq!((queue.as_str(), message.body.as_str()), (DEAD_LETTERS, EVENT));
    let id = &fixture.function.invocations.lock().unwrap()[0].request_id;
    let expected = [("ErrorCode", "200"), ("ErrorMessage", "the stock was oversold"), ("RequestID", id)];
    let found: Vec<_> = message.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn an_event_for_a_deleted_function_is_a_permanent_error() {
    let fixture = Fixture::new([]);
    let invoker = fixture.invoker();
    fixture.functions.remove(ARN);
    let error = invoker.invoke_async(ARN, EVENT.to_owned()).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.transient), ("NO_RESOURCE", false));
    assert_eq!(invoker.pending(), 0);
}

#[tokio::test]
async fn events_that_are_no_json_or_too_large_are_rejected() {
    let fixture = Fixture::new([]);
    let invoker = fixture.invoker();
    let broken = invoker.invoke_async(ARN, "{".to_owned()).await.unwrap_err();
    let large = invoker.invoke_async(ARN, format!("\"{}\"", "x".repeat(1_048_576))).await.unwrap_err();
    assert_eq!((broken.code.as_str(), large.code.as_str()), ("INVALID_JSON", "ERROR_FROM_TARGET"));
}

#[tokio::test]
async fn a_restart_between_two_attempts_keeps_the_event_and_its_attempt_count() {
    let fixture = Fixture::new([Fail, Fail, Fail]);
    let invoker = fixture.accept(EVENT).await;
    fixture.advance(SignedDuration::from_secs(30)).await;
    drop(invoker);
    fixture.advance(minutes(5)).await;
    assert_eq!(fixture.invocation_count(), 1);
    let invoker = fixture.invoker();
    assert_eq!(invoker.pending(), 1);
    fixture.advance(minutes(10)).await;
    let records = fixture.queues.bodies(FAILURES);
    assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!((fixture.invocation_count(), records.len(), invoker.pending()), (3, 1, 0));
}

#[tokio::test]
async fn a_restart_during_an_attempt_repeats_it() {
    let fixture = Fixture::new([Hang, Answer("null")]);
    let invoker = fixture.accept(EVENT).await;
    fixture.settle().await;
    drop(invoker);
    fixture.settle().await;
    assert_eq!(*fixture.function.cancelled.lock().unwrap(), 1);
    let invoker = fixture.invoker();
    fixture.settle().await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (2, 0));
    drop(invoker);
    assert_eq!(fixture.invoker().pending(), 0);
}

#[tokio::test]
async fn a_success_is_sent_to_the_on_success_destination() {
    let fixture = Fixture::new([Answer(r#"{"reserved":2}"#)]);
    fixture.configure(|function| function.invokes.on_success_arn = Some(DEAD_LETTERS.to_owned()));
    let invoker = fixture.accept(EVENT).await;
    fixture.settle().await;
    let record = &fixture.queues.bodies(DEAD_LETTERS)[0];
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    assert_eq!((&record["responsePayload"], invoker.pending()), (&json!({ "reserved": 2 }), 0));
}

#[tokio::test]
async fn a_destination_with_transient_errors_still_gets_the_record() {
    let fixture = Fixture::new([Fail]);
    fixture.configure(|function| function.invokes.retries = 0);
    fixture.queues.errors.lock().unwrap().insert(FAILURES.to_owned(), (3, true));
    let invoker = fixture.accept(EVENT).await;
    fixture.advance(minutes(1)).await;
    assert_eq!((fixture.queues.bodies(FAILURES).len(), invoker.pending()), (1, 0));
    let sent = InvocationStep::SentToQueue(Condition::RetriesExhausted, FAILURES.to_owned());
    assert_eq!(fixture.activity.lock().unwrap().last().map(|last| last.step.clone()), Some(sent));
}

#[test]
fn an_error_has_a_stack_trace_only_if_the_function_reported_one() {
    let mut failure = FunctionError::new("Panic", "broken".to_owned());
    assert_eq!(failure.payload(), json!({ "errorType": "Panic", "errorMessage": "broken" }));
    failure.trace = vec!["reserve.rs:12".to_owned()];
    assert_eq!(failure.payload()["stackTrace"], json!(["reserve.rs:12"]));
}
