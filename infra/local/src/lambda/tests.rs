//! The failure half of Lambda, as facts.

mod faults;
mod synchronous;

use jiff::SignedDuration;
use serde_json::json;

use super::{
    Condition, FunctionError, What,
    stage::{ARN, Act, FAILURES, LETTERS, Stage, function},
};
use crate::interfaces::InvokeAsync;

const EVENT: &str = r#"{"detail-type":"OrderPlaced"}"#;

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn an_event_that_fails_three_times_ends_in_the_on_failure_queue_with_its_record() {
    let stage = Stage::set([Act::Fail, Act::Fail, Act::Fail]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(minutes(10)).await;
    let id = stage.actor.seen.lock().unwrap()[0].request_id.clone();
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
    assert_eq!(stage.queues.bodies(FAILURES), [record]);
    assert_eq!(stage.queues.sent.lock().unwrap().len(), 1);
    assert_eq!((stage.tries(), invokes.waiting()), (3, 0));
}

#[tokio::test]
async fn the_second_try_comes_after_a_minute_and_the_third_two_minutes_later_under_the_same_id() {
    let stage = Stage::set([Act::Fail, Act::Fail, Act::Answer("null")]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    let mut seen = Vec::new();
    for seconds in [0, 59, 1, 119, 1, 600] {
        stage.pass(SignedDuration::from_secs(seconds)).await;
        seen.push(stage.tries());
    }
    assert_eq!(seen, [1, 1, 2, 2, 3, 3]);
    let ids: Vec<_> = stage.actor.seen.lock().unwrap().iter().map(|one| one.request_id.clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!((stage.queues.sent.lock().unwrap().len(), invokes.waiting()), (0, 0));
}

#[tokio::test]
async fn a_function_that_outlives_its_time_is_cut_off_and_that_is_a_failure() {
    let stage = Stage::set([Act::Hang, Act::Answer("null")]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(SignedDuration::from_millis(2_999)).await;
    assert_eq!(*stage.actor.cut_off.lock().unwrap(), 0);
    stage.pass(SignedDuration::from_millis(1)).await;
    assert_eq!(*stage.actor.cut_off.lock().unwrap(), 1);
    let failure = match &stage.happened.lock().unwrap()[0].what {
        What::Failed(_, failure) => failure.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(failure.kind, "Sandbox.Timedout");
    assert!(failure.message.ends_with("Error: Task timed out after 3.00 seconds"), "{failure}");
    stage.pass(minutes(1)).await;
    assert_eq!((stage.tries(), invokes.waiting()), (2, 0));
}

#[tokio::test]
async fn a_handler_that_panics_has_failed_and_harms_nobody_else() {
    let stage = Stage::set([Act::Panic, Act::Answer("null")]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(minutes(2)).await;
    assert_eq!((stage.tries(), invokes.waiting()), (2, 0));
}

#[tokio::test]
async fn a_function_that_is_killed_has_failed_and_is_tried_again() {
    let stage = Stage::set([Act::Hang, Act::Answer("null")]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    stage.functions.kill("reserve");
    stage.settle().await;
    assert_eq!(*stage.actor.cut_off.lock().unwrap(), 1);
    stage.pass(minutes(1)).await;
    assert_eq!((stage.tries(), invokes.waiting()), (2, 0));
}

#[tokio::test]
async fn the_time_of_a_try_begins_with_its_turn() {
    let stage = Stage::set([Act::Hang, Act::Hang]);
    let mut single = function();
    single.reserved_concurrency = Some(1);
    stage.functions.put(single);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(SignedDuration::from_secs(5)).await;
    assert_eq!(*stage.actor.cut_off.lock().unwrap(), 1);
    stage.pass(SignedDuration::from_secs(1)).await;
    assert_eq!(*stage.actor.cut_off.lock().unwrap(), 2);
}

#[tokio::test]
async fn an_event_is_given_up_when_the_next_try_would_find_it_too_old() {
    let stage = Stage::set([Act::Fail, Act::Fail]);
    let mut young = function();
    young.invokes.maximum_age_seconds = 120;
    stage.functions.put(young);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(minutes(1)).await;
    let records = stage.queues.bodies(FAILURES);
    assert_eq!(records[0]["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], 2);
    assert_eq!((stage.tries(), invokes.waiting()), (2, 0));
}

#[tokio::test]
async fn without_retries_one_failure_is_the_end() {
    let stage = Stage::set([Act::Fail]);
    let mut once = function();
    once.invokes.retries = 0;
    stage.functions.put(once);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    assert_eq!(stage.queues.bodies(FAILURES)[0]["requestContext"]["approximateInvokeCount"], 1);
}

#[tokio::test]
async fn a_function_that_may_not_run_sends_its_events_to_the_failure_destination_at_once() {
    let stage = Stage::set([]);
    let mut off = function();
    off.reserved_concurrency = Some(0);
    stage.functions.put(off);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    let record = &stage.queues.bodies(FAILURES)[0];
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!(record.get("responseContext"), None);
    assert_eq!((stage.tries(), invokes.waiting()), (0, 0));
}

#[tokio::test]
async fn reserved_concurrency_lets_the_next_event_wait_for_its_turn() {
    let stage = Stage::set([Act::Hang, Act::Answer("null")]);
    let mut single = function();
    single.reserved_concurrency = Some(1);
    stage.functions.put(single);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    assert_eq!(stage.tries(), 1);
    stage.pass(SignedDuration::from_secs(3)).await;
    assert_eq!((stage.tries(), invokes.waiting()), (2, 1));
}

#[tokio::test]
async fn the_dead_letter_queue_of_a_function_gets_only_the_event_and_three_attributes() {
    let stage = Stage::set([Act::Fail]);
    let mut old_fashioned = function();
    old_fashioned.invokes.retries = 0;
    old_fashioned.invokes.on_failure_arn = None;
    old_fashioned.dead_letter_arn = Some(LETTERS.to_owned());
    stage.functions.put(old_fashioned);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    let sent = stage.queues.sent.lock().unwrap();
    let (queue, message) = &sent[0];
    assert_eq!((queue.as_str(), message.body.as_str()), (LETTERS, EVENT));
    let id = &stage.actor.seen.lock().unwrap()[0].request_id;
    let wanted = [("ErrorCode", "200"), ("ErrorMessage", "the stock was oversold"), ("RequestID", id)];
    let found: Vec<_> = message.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn an_event_for_a_deleted_function_is_not_taken_and_never_will_be() {
    let stage = Stage::set([]);
    let invokes = stage.invokes();
    stage.functions.remove(ARN);
    let refusal = invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.transient), ("NO_RESOURCE", false));
    assert_eq!(invokes.waiting(), 0);
}

#[tokio::test]
async fn what_is_no_json_or_too_large_is_not_taken() {
    let stage = Stage::set([]);
    let invokes = stage.invokes();
    let broken = invokes.invoke_async(ARN, "{".to_owned()).await.unwrap_err();
    let large = invokes.invoke_async(ARN, format!("\"{}\"", "x".repeat(1_048_576))).await.unwrap_err();
    assert_eq!((broken.code.as_str(), large.code.as_str()), ("INVALID_JSON", "ERROR_FROM_TARGET"));
}

#[tokio::test]
async fn a_kill_between_two_tries_loses_neither_the_event_nor_its_count() {
    let stage = Stage::set([Act::Fail, Act::Fail, Act::Fail]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(SignedDuration::from_secs(30)).await;
    drop(invokes);
    stage.pass(minutes(5)).await;
    assert_eq!(stage.tries(), 1);
    let invokes = stage.invokes();
    assert_eq!(invokes.waiting(), 1);
    stage.pass(minutes(10)).await;
    let records = stage.queues.bodies(FAILURES);
    assert_eq!(records[0]["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!((stage.tries(), records.len(), invokes.waiting()), (3, 1, 0));
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_try_repeats_it_after_the_start() {
    let stage = Stage::set([Act::Hang, Act::Answer("null")]);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    drop(invokes);
    stage.settle().await;
    assert_eq!(*stage.actor.cut_off.lock().unwrap(), 1);
    let invokes = stage.invokes();
    stage.settle().await;
    assert_eq!((stage.tries(), invokes.waiting()), (2, 0));
    drop(invokes);
    assert_eq!(stage.invokes().waiting(), 0);
}

#[tokio::test]
async fn a_success_is_told_where_the_function_wants_it() {
    let stage = Stage::set([Act::Answer(r#"{"reserved":2}"#)]);
    let mut proud = function();
    proud.invokes.on_success_arn = Some(LETTERS.to_owned());
    stage.functions.put(proud);
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.settle().await;
    let record = &stage.queues.bodies(LETTERS)[0];
    assert_eq!(record["requestContext"]["condition"], "Success");
    assert_eq!(record["responseContext"], json!({ "statusCode": 200, "executedVersion": "$LATEST" }));
    assert_eq!((&record["responsePayload"], invokes.waiting()), (&json!({ "reserved": 2 }), 0));
}

#[tokio::test]
async fn a_failure_queue_that_is_away_for_a_while_still_gets_the_record() {
    let stage = Stage::set([Act::Fail]);
    let mut once = function();
    once.invokes.retries = 0;
    stage.functions.put(once);
    stage.queues.refusals.lock().unwrap().insert(FAILURES.to_owned(), (3, true));
    let invokes = stage.invokes();
    invokes.invoke_async(ARN, EVENT.to_owned()).await.unwrap();
    stage.pass(minutes(1)).await;
    assert_eq!((stage.queues.bodies(FAILURES).len(), invokes.waiting()), (1, 0));
    let told = What::Told(Condition::RetriesExhausted, FAILURES.to_owned());
    assert_eq!(stage.happened.lock().unwrap().last().map(|last| last.what.clone()), Some(told));
}

#[test]
fn a_failure_says_where_it_happened_only_if_it_knows() {
    let mut failure = FunctionError::new("Panic", "broken".to_owned());
    assert_eq!(failure.payload(), json!({ "errorType": "Panic", "errorMessage": "broken" }));
    failure.trace = vec!["reserve.rs:12".to_owned()];
    assert_eq!(failure.payload()["stackTrace"], json!(["reserve.rs:12"]));
}
