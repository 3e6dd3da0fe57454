//! Invocations through the API, asynchronous invocations with retries, destinations, concurrency and restarts, and injected
//! faults.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::{
    AsyncInvoker, Condition, FunctionError, InvocationStep, InvokeResponse,
    fixture::{
        ARN,
        Behaviour::{Answer, Fail, Hang, Panic},
        DEAD_LETTERS, FAILURES, Fixture, function,
    },
    invoke,
};
use crate::{aws_error::AwsError, faults::Faults, interfaces::InvokeAsync};

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
    fixture.queues.fail(FAILURES, 3, "THROTTLING", true);
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

fn with_faults(fixture: &Fixture, spec: &str) -> AsyncInvoker {
    let faults = Faults::read([spec], 7).unwrap();
    let (queues, activity) = (fixture.queues.clone(), fixture.activity.clone());
    let listener = Arc::new(move |step| activity.lock().unwrap().push(step));
    let functions = fixture.functions.clone().with_faults(faults);
    AsyncInvoker::open(Some(&fixture.path("invokes.journal")), functions, queues, listener).unwrap()
}

fn failures(fixture: &Fixture) -> Vec<String> {
    let activity = fixture.activity.lock().unwrap();
    let failed = activity.iter().filter_map(|activity| match &activity.step {
        InvocationStep::Failed(_, failure) => Some(failure.to_string()),
        _ => None,
    });
    failed.collect()
}

#[tokio::test]
async fn a_function_is_killed_while_it_runs_and_the_event_is_retried() {
    let fixture = Fixture::new([Hang, Hang, Hang]);
    let invoker = with_faults(&fixture, "kill=1");
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    fixture.advance(SignedDuration::from_millis(50)).await;
    assert_eq!((*fixture.function.cancelled.lock().unwrap(), invoker.pending()), (1, 1));
    assert!(failures(&fixture)[0].ends_with("Runtime exited with error: signal: killed"), "{:?}", failures(&fixture));
    assert!(failures(&fixture)[0].starts_with("Runtime.ExitError"));
    fixture.advance(SignedDuration::from_mins(10)).await;
    assert_eq!((fixture.invocation_count(), *fixture.function.cancelled.lock().unwrap(), invoker.pending()), (3, 3, 0));
}

#[tokio::test]
async fn a_function_that_ends_before_the_kill_is_retried_too() {
    let fixture = Fixture::new([Answer("null")]);
    let invoker = with_faults(&fixture, "kill=1");
    invoker.invoke_async(ARN, "{}".to_owned()).await.unwrap();
    fixture.settle().await;
    assert_eq!((fixture.invocation_count(), failures(&fixture).len(), invoker.pending()), (1, 1, 1));
}

#[tokio::test]
async fn a_duplicated_event_is_delivered_twice_also_over_a_restart() {
    let fixture = Fixture::new([]);
    let invoker = with_faults(&fixture, "duplicate=1");
    invoker.invoke_async(ARN, r#"{"order":"o-1"}"#.to_owned()).await.unwrap();
    fixture.settle().await;
    assert_eq!((fixture.invocation_count(), invoker.pending()), (1, 1));
    drop(invoker);
    fixture.settle().await;
    let invoker = fixture.invoker();
    fixture.advance(SignedDuration::from_secs(2)).await;
    let invocations = fixture.function.invocations.lock().unwrap();
    assert_eq!((invocations.len(), invoker.pending()), (2, 0));
    assert_eq!(invocations[0].payload, invocations[1].payload);
}

async fn call_invoke(
    fixture: &Fixture,
    name: &str,
    kind: Option<&str>,
    payload: &str,
) -> Result<InvokeResponse, AwsError> {
    let invoker = fixture.invoker();
    let response = invoke(&fixture.functions, &invoker, name, kind, payload.to_owned()).await;
    fixture.settle().await;
    response
}

fn header<'a>(response: &'a InvokeResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_synchronous_invocation_returns_the_result_by_name_and_by_arn() {
    let names = ["reserve", ARN, "reserve:$LATEST", "000000000000:function:reserve"];
    let fixture = Fixture::new(names.map(|_| Answer(r#"{"done":true}"#)));
    for name in names {
        let response = call_invoke(&fixture, name, None, "{}").await.unwrap();
        assert_eq!((response.status, response.body.as_str()), (200, r#"{"done":true}"#), "{name}");
        assert_eq!(header(&response, "x-amz-executed-version"), Some("$LATEST"));
        assert_eq!(header(&response, "x-amz-function-error"), None);
    }
}

#[tokio::test]
async fn a_failure_is_a_200_response_with_a_header() {
    let fixture = Fixture::new([Fail]);
    let response = call_invoke(&fixture, "reserve", Some("RequestResponse"), "{}").await.unwrap();
    assert_eq!((response.status, header(&response, "x-amz-function-error")), (200, Some("Unhandled")));
    assert_eq!(response.body, r#"{"errorMessage":"the stock was oversold","errorType":"Retry.Conflict"}"#);
}

#[tokio::test]
async fn an_unknown_function_is_named_by_its_arn() {
    let fixture = Fixture::new([]);
    let error = call_invoke(&fixture, "nobody", None, "{}").await.unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (404, "ResourceNotFoundException"));
    assert_eq!(error.message, "Function not found: arn:aws:lambda:eu-central-1:000000000000:function:nobody");
}

#[tokio::test]
async fn an_asynchronous_invocation_returns_202_and_runs_the_function() {
    let fixture = Fixture::new([]);
    let response = call_invoke(&fixture, "reserve", Some("Event"), "").await.unwrap();
    assert_eq!((response.status, response.body.as_str(), fixture.invocation_count()), (202, "", 1));
    assert_eq!(
        header(&response, "x-amzn-requestid"),
        Some(fixture.function.invocations.lock().unwrap()[0].request_id.as_str())
    );
}

#[tokio::test]
async fn a_dry_run_does_not_run_the_function() {
    let fixture = Fixture::new([]);
    let response = call_invoke(&fixture, "reserve", Some("DryRun"), "{}").await.unwrap();
    assert_eq!((response.status, fixture.invocation_count()), (204, 0));
}

#[tokio::test]
async fn invalid_invocations_are_rejected_with_the_errors_of_lambda() {
    let fixture = Fixture::new([]);
    let broken = call_invoke(&fixture, "reserve", None, "{").await.unwrap_err();
    let unknown = call_invoke(&fixture, "reserve", Some("Sometimes"), "{}").await.unwrap_err();
    let large =
        call_invoke(&fixture, "reserve", Some("Event"), &format!("\"{}\"", "x".repeat(1_048_576))).await.unwrap_err();
    fixture.configure(|function| function.reserved_concurrency = Some(0));
    let throttled = call_invoke(&fixture, "reserve", None, "{}").await.unwrap_err();
    let found = [broken, unknown, large, throttled].map(|error| (error.status, error.code));
    let expected = [
        (400, "InvalidRequestContentException"),
        (400, "ValidationException"),
        (413, "RequestTooLargeException"),
        (429, "TooManyRequestsException"),
    ];
    assert_eq!(found, expected.map(|(status, code)| (status, code.to_owned())));
    assert_eq!(fixture.invocation_count(), 0);
}
