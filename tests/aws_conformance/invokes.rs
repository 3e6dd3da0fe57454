//! The invokes that nobody waits for: tries after one and two minutes, ages, and what is told in the end, and where.

use serde_json::{Value, json};

use super::test_cloud::{Act, BEGAN, TestCloud, Try, attributes, body, test_cloud};

/// A function with both of its ways to fail, and the properties that a test wants of it.
fn resources(properties: &str) -> String {
    format!(
        "
  Letters: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: letters }} }}
  Failures: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: failures }} }}
  Bus: {{ Type: AWS::Events::EventBus, Properties: {{ Name: shop }} }}
  Reserve:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: reserve
      Timeout: 30
      {properties}
      Events:
        Placed:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: {{ source: [shop.orders] }}
            DeadLetterConfig: {{ Arn: !GetAtt Letters.Arn }}
"
    )
}

const TO_FAILURES: &str =
    "EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failures.Arn } } }";

fn oversold() -> Act {
    Act::Fail("Oversold", "no stock is left")
}

fn seconds_of(tries: &[Try]) -> Vec<i64> {
    tries.iter().map(|one| TestCloud::seconds(one.at)).collect()
}

#[tokio::test]
async fn a_handler_that_fails_three_times_ends_in_the_on_failure_queue_with_the_record_aws_writes_and_not_in_the_rules_dead_letters()
 {
    let test_cloud = test_cloud(&resources(TO_FAILURES), |_, _| oversold()).await;
    let event_id = test_cloud.put("OrderPlaced", r#"{"order":"o-1"}"#).await;
    test_cloud.tries(1).await;
    test_cloud.pass(180).await;
    let tries = test_cloud.tries(3).await;
    assert_eq!(seconds_of(&tries), [0, 60, 180], "tries after one minute, and after two more");
    let [first, rest @ ..] = tries.as_slice() else { panic!("no try") };
    assert!(rest.iter().all(|one| (&one.request_id, &one.payload) == (&first.request_id, &first.payload)));

    let message = test_cloud.receive("failures").await;
    let event = json!({
        "version": "0",
        "id": event_id,
        "detail-type": "OrderPlaced",
        "source": "shop.orders",
        "account": "000000000000",
        "time": BEGAN,
        "region": "us-east-1",
        "resources": [],
        "detail": { "order": "o-1" },
    });
    let expected = json!({
        "version": "1.0",
        "timestamp": "2026-11-21T05:03:00.000Z",
        "requestContext": {
            "requestId": first.request_id,
            "functionArn": TestCloud::arn("lambda", "function:reserve:$LATEST"),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Oversold", "errorMessage": "no stock is left" },
    });
    assert_eq!(body(&message), expected);
    assert!(attributes(&message).is_empty());
    test_cloud.pass(3_600).await;
    assert_eq!((test_cloud.count("failures").await, test_cloud.count("letters").await), (1, 0));
    assert_eq!(test_cloud.settled_tries().await, 3);
}

#[tokio::test]
async fn a_function_that_times_out_is_cut_off_and_tried_again_after_one_and_two_minutes() {
    let test_cloud = test_cloud(&resources(TO_FAILURES), |_, _| Act::Hang).await;
    test_cloud.put("OrderPlaced", "{}").await;
    for number in 1..=3 {
        test_cloud.tries(number).await;
        // A time-out is counted in the world's seconds; here they go by at once.
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(30)).await;
        tokio::time::resume();
        test_cloud.cut_off(number).await;
        test_cloud.pass(60 * i64::try_from(number).unwrap()).await;
    }
    assert_eq!(seconds_of(&test_cloud.tries(3).await), [0, 60, 180]);
    let record = body(&test_cloud.receive("failures").await);
    let request_id = record["requestContext"]["requestId"].as_str().unwrap();
    let message = format!("RequestId: {request_id} Error: Task timed out after 30.00 seconds");
    assert_eq!(record["responsePayload"], json!({ "errorType": "Sandbox.Timedout", "errorMessage": message }));
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(test_cloud.settled_tries().await, 3);
}

#[tokio::test]
async fn a_function_that_does_it_at_the_second_try_leaves_no_trace() {
    let script = |_: &Try, number| if number == 1 { oversold() } else { Act::Answer(Value::Null) };
    let test_cloud = test_cloud(&resources(TO_FAILURES), script).await;
    test_cloud.put("OrderPlaced", "{}").await;
    test_cloud.tries(1).await;
    test_cloud.pass(3_600).await;
    assert_eq!(seconds_of(&test_cloud.tries(2).await), [0, 60]);
    assert_eq!((test_cloud.count("failures").await, test_cloud.count("letters").await), (0, 0));
}

#[tokio::test]
async fn a_function_without_retries_is_tried_once() {
    let once = "EventInvokeConfig: { MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failures.Arn } } }";
    let test_cloud = test_cloud(&resources(once), |_, _| oversold()).await;
    test_cloud.put("OrderPlaced", "{}").await;
    let context = &body(&test_cloud.receive("failures").await)["requestContext"];
    assert_eq!((&context["condition"], &context["approximateInvokeCount"]), (&json!("RetriesExhausted"), &json!(1)));
    test_cloud.pass(3_600).await;
    assert_eq!(test_cloud.settled_tries().await, 1);
}

#[tokio::test]
async fn an_event_that_would_be_too_old_at_its_next_try_is_given_up() {
    let young = "EventInvokeConfig: { MaximumEventAgeInSeconds: 60, DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failures.Arn } } }";
    let test_cloud = test_cloud(&resources(young), |_, _| oversold()).await;
    test_cloud.put("OrderPlaced", "{}").await;
    test_cloud.tries(1).await;
    test_cloud.pass(120).await;
    // The second try comes just in time, the third would not.
    assert_eq!(seconds_of(&test_cloud.tries(2).await), [0, 60]);
    let context = &body(&test_cloud.receive("failures").await)["requestContext"];
    assert_eq!((&context["condition"], &context["approximateInvokeCount"]), (&json!("EventAgeExceeded"), &json!(2)));
}

#[tokio::test]
async fn a_functions_own_dead_letter_queue_gets_the_event_and_three_attributes() {
    let letters = "DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt Failures.Arn }";
    let test_cloud = test_cloud(&resources(letters), |_, _| oversold()).await;
    test_cloud.put("OrderPlaced", r#"{"order":"o-1"}"#).await;
    let request_id = test_cloud.tries(1).await.pop().unwrap().request_id;
    test_cloud.pass(180).await;
    let message = test_cloud.receive("failures").await;
    assert_eq!(body(&message)["detail"], json!({ "order": "o-1" }));
    let expected = [("ErrorCode", "200"), ("ErrorMessage", "no stock is left"), ("RequestID", &request_id)];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    assert_eq!(attributes(&message), expected);
    assert_eq!(test_cloud.count("letters").await, 0);
}

#[tokio::test]
async fn a_function_that_may_not_run_at_all_sends_its_events_on_at_once() {
    let never = format!("ReservedConcurrentExecutions: 0\n      {TO_FAILURES}");
    let test_cloud = test_cloud(&resources(&never), |_, _| oversold()).await;
    test_cloud.put("OrderPlaced", "{}").await;
    let record = body(&test_cloud.receive("failures").await);
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert_eq!(record["requestContext"]["condition"], "ZeroReservedConcurrency");
    assert_eq!((record.get("responseContext"), record.get("responsePayload")), (None, None));
    assert_eq!((test_cloud.settled_tries().await, test_cloud.count("letters").await), (0, 0));
}
