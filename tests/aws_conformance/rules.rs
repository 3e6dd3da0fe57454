//! What a rule does with an event that its target does not take: the dead letters, with code and attributes.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata,
    types::{RetryPolicy, Target},
};
use causeway_local::faults::Faults;
use serde_json::{Value, json};

use super::test_cloud::{Act, TestCloud, attributes, body, quiet, test_cloud, with_faults};

/// Every event goes to a function and to a queue; each of the two has dead letters of its own.
const RESOURCES: &str = "
  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }
  QueueLetters: { Type: AWS::SQS::Queue, Properties: { QueueName: queue-letters } }
  Failures: { Type: AWS::SQS::Queue, Properties: { QueueName: failures } }
  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: shop } }
  Reserve:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: reserve
      EventInvokeConfig: { MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failures.Arn } } }
  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      EventBusName: !Ref Bus
      EventPattern: { source: [shop.orders] }
      Targets:
        - { Id: function, Arn: !GetAtt Reserve.Arn, DeadLetterConfig: { Arn: !GetAtt Letters.Arn } }
        - { Id: queue, Arn: !GetAtt Jobs.Arn, DeadLetterConfig: { Arn: !GetAtt QueueLetters.Arn } }
";

fn dead_letter(target: &str, code: &str, message: &str) -> BTreeMap<String, String> {
    let all = [
        ("RULE_ARN", TestCloud::arn("events", "rule/shop/placed")),
        ("TARGET_ARN", target.to_owned()),
        ("ERROR_CODE", code.to_owned()),
        ("ERROR_MESSAGE", message.to_owned()),
        ("RETRY_ATTEMPTS", "0".to_owned()),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

#[tokio::test]
async fn the_events_of_a_deleted_function_end_in_the_rules_dead_letters_at_once_with_code_and_attributes() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderPlaced", r#"{"order":"before"}"#).await;
    test_cloud.tries(1).await;
    assert_eq!(test_cloud.http("DELETE", "/2015-03-31/functions/reserve", &[], "").await.status, 204);
    let event_id = test_cloud.put("OrderPlaced", r#"{"order":"after"}"#).await;
    let message = test_cloud.receive("letters").await;
    assert_eq!(TestCloud::seconds(test_cloud.clock.now()), 0, "no pause and no retry");
    let event = body(&message);
    assert_eq!((&event["id"], &event["detail"]), (&json!(event_id), &json!({ "order": "after" })));
    let function = TestCloud::arn("lambda", "function:reserve");
    let expected = dead_letter(&function, "NO_RESOURCE", &format!("Function not found: {function}"));
    assert_eq!(attributes(&message), expected, "and no EXHAUSTED_RETRY_CONDITION");
    assert_eq!(
        (test_cloud.count("letters").await, test_cloud.count("jobs").await),
        (1, 2),
        "the other target got both"
    );
    assert_eq!((test_cloud.settled_tries().await, test_cloud.count("failures").await), (1, 0));
}

#[tokio::test]
async fn the_events_of_a_deleted_queue_end_in_the_rules_dead_letters_at_once() {
    let test_cloud = quiet(RESOURCES).await;
    let url = test_cloud.sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url.unwrap();
    test_cloud.sqs.delete_queue().queue_url(url).send().await.unwrap();
    test_cloud.put("OrderPlaced", "{}").await;
    let message = test_cloud.receive("queue-letters").await;
    let jobs = TestCloud::arn("sqs", "jobs");
    let reason = format!("The specified queue does not exist. ({jobs})");
    assert_eq!(attributes(&message), dead_letter(&jobs, "NO_RESOURCE", &reason));
    test_cloud.tries(1).await;
    assert_eq!(test_cloud.count("letters").await, 0);
}

#[tokio::test]
async fn handing_an_event_to_a_function_counts_as_delivered_whatever_its_handler_says() {
    let test_cloud = test_cloud(RESOURCES, |_, _| Act::Fail("Oversold", "no stock is left")).await;
    let mut feed = test_cloud.cloud.feed();
    let event_id = test_cloud.put("OrderPlaced", "{}").await;
    test_cloud.receive("failures").await;
    assert_eq!((test_cloud.count("letters").await, test_cloud.count("queue-letters").await), (0, 0));
    let mut outcomes = Vec::new();
    while let Ok(text) = feed.try_recv() {
        let news: Value = serde_json::from_str(&text).unwrap();
        if news["kind"] == "delivery" && news["eventId"] == json!(event_id) {
            outcomes.push((news["outcome"].clone(), news["attempt"].clone()));
        }
    }
    assert_eq!(outcomes, [(json!("delivered"), json!(1)), (json!("delivered"), json!(1))]);
}

#[tokio::test]
async fn delivery_to_a_queue_that_fails_is_tried_again_after_a_pause_and_counted() {
    let faults = Faults::read(["drop@events=1"], 7).unwrap();
    let test_cloud = with_faults(RESOURCES, |_, _| Act::Answer(Value::Null), faults).await;
    let mut feed = test_cloud.cloud.feed();
    let event_id = test_cloud.put("OrderPlaced", "{}").await;
    assert_eq!((test_cloud.count("jobs").await, test_cloud.settled_tries().await), (0, 0));
    test_cloud.pass(60).await;
    assert_eq!((test_cloud.count("jobs").await, test_cloud.settled_tries().await), (1, 1));
    let mut outcomes = Vec::new();
    while let Ok(text) = feed.try_recv() {
        let news: Value = serde_json::from_str(&text).unwrap();
        if news["kind"] == "delivery"
            && news["eventId"] == json!(event_id)
            && news["target"] == TestCloud::arn("sqs", "jobs")
        {
            outcomes.push((news["attempt"].clone(), news["outcome"].clone()));
        }
    }
    assert_eq!(outcomes, [(json!(1), json!("retried")), (json!(2), json!("delivered"))]);
    assert_eq!((test_cloud.count("letters").await, test_cloud.count("queue-letters").await), (0, 0));
}

#[tokio::test]
async fn a_target_without_dead_letters_loses_what_it_cannot_take() {
    let test_cloud = quiet(RESOURCES).await;
    let missing = TestCloud::arn("sqs", "no-such-queue");
    let target = Target::builder().id("queue").arn(missing).build().unwrap();
    test_cloud.events.put_targets().event_bus_name("shop").rule("placed").targets(target).send().await.unwrap();
    test_cloud.put("OrderPlaced", "{}").await;
    test_cloud.tries(1).await;
    for queue in ["letters", "queue-letters", "jobs", "failures"] {
        assert_eq!(test_cloud.count(queue).await, 0, "{queue}");
    }
}

#[tokio::test]
async fn a_retry_policy_has_at_most_185_retries_and_an_age_of_a_minute_to_a_day() {
    let test_cloud = quiet(RESOURCES).await;
    let put = async |retries: Option<i32>, age: Option<i32>| {
        let policy = RetryPolicy::builder().set_maximum_retry_attempts(retries).set_maximum_event_age_in_seconds(age);
        let target = Target::builder().id("queue").arn(TestCloud::arn("sqs", "jobs")).retry_policy(policy.build());
        let call =
            test_cloud.events.put_targets().event_bus_name("shop").rule("placed").targets(target.build().unwrap());
        call.send().await.map_err(|error| error.code().unwrap_or_default().to_owned()).map(|_| ())
    };
    for (retries, age) in [(Some(0), Some(60)), (Some(185), Some(86_400)), (None, None)] {
        assert_eq!(put(retries, age).await, Ok(()), "{retries:?} {age:?}");
    }
    for (retries, age) in [(Some(186), None), (None, Some(59)), (None, Some(86_401))] {
        assert_eq!(put(retries, age).await, Err("ValidationException".to_owned()), "{retries:?} {age:?}");
    }
}

#[tokio::test]
async fn an_event_goes_to_every_target_of_every_rule_that_wants_it_and_to_no_other() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderPlaced", "{}").await;
    let elsewhere = super::put_events::entry("OrderPlaced", "{}").source("shop.stock").build();
    test_cloud.events.put_events().entries(elsewhere).send().await.unwrap();
    test_cloud.tries(1).await;
    assert_eq!((test_cloud.count("jobs").await, test_cloud.settled_tries().await), (1, 1));
}
