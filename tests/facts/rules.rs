//! What a rule does with an event that its target does not take: the dead letters, with code and attributes.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata,
    types::{RetryPolicy, Target},
};
use causeway_local::faults::Faults;
use serde_json::{Value, json};

use super::stage::{Act, Stage, attributes, body, quiet, stage, with_faults};

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
        ("RULE_ARN", Stage::arn("events", "rule/shop/placed")),
        ("TARGET_ARN", target.to_owned()),
        ("ERROR_CODE", code.to_owned()),
        ("ERROR_MESSAGE", message.to_owned()),
        ("RETRY_ATTEMPTS", "0".to_owned()),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

#[tokio::test]
async fn the_events_of_a_deleted_function_end_in_the_rules_dead_letters_at_once_with_code_and_attributes() {
    let stage = quiet(RESOURCES).await;
    stage.put("OrderPlaced", r#"{"order":"before"}"#).await;
    stage.tries(1).await;
    assert_eq!(stage.http("DELETE", "/2015-03-31/functions/reserve", &[], "").await.status, 204);
    let event_id = stage.put("OrderPlaced", r#"{"order":"after"}"#).await;
    let message = stage.receive("letters").await;
    assert_eq!(Stage::seconds(stage.clock.now()), 0, "no pause and no retry");
    let event = body(&message);
    assert_eq!((&event["id"], &event["detail"]), (&json!(event_id), &json!({ "order": "after" })));
    let function = Stage::arn("lambda", "function:reserve");
    let expected = dead_letter(&function, "NO_RESOURCE", &format!("Function not found: {function}"));
    assert_eq!(attributes(&message), expected, "and no EXHAUSTED_RETRY_CONDITION");
    assert_eq!((stage.count("letters").await, stage.count("jobs").await), (1, 2), "the other target got both");
    assert_eq!((stage.settled_tries().await, stage.count("failures").await), (1, 0));
}

#[tokio::test]
async fn the_events_of_a_deleted_queue_end_in_the_rules_dead_letters_at_once() {
    let stage = quiet(RESOURCES).await;
    let url = stage.sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url.unwrap();
    stage.sqs.delete_queue().queue_url(url).send().await.unwrap();
    stage.put("OrderPlaced", "{}").await;
    let message = stage.receive("queue-letters").await;
    let jobs = Stage::arn("sqs", "jobs");
    let reason = format!("The specified queue does not exist. ({jobs})");
    assert_eq!(attributes(&message), dead_letter(&jobs, "NO_RESOURCE", &reason));
    stage.tries(1).await;
    assert_eq!(stage.count("letters").await, 0);
}

#[tokio::test]
async fn handing_an_event_to_a_function_counts_as_delivered_whatever_its_handler_says() {
    let stage = stage(RESOURCES, |_, _| Act::Fail("Oversold", "no stock is left")).await;
    let mut feed = stage.cloud.feed();
    let event_id = stage.put("OrderPlaced", "{}").await;
    stage.receive("failures").await;
    assert_eq!((stage.count("letters").await, stage.count("queue-letters").await), (0, 0));
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
    let stage = with_faults(RESOURCES, |_, _| Act::Answer(Value::Null), faults).await;
    let mut feed = stage.cloud.feed();
    let event_id = stage.put("OrderPlaced", "{}").await;
    assert_eq!((stage.count("jobs").await, stage.settled_tries().await), (0, 0));
    stage.pass(60).await;
    assert_eq!((stage.count("jobs").await, stage.settled_tries().await), (1, 1));
    let mut outcomes = Vec::new();
    while let Ok(text) = feed.try_recv() {
        let news: Value = serde_json::from_str(&text).unwrap();
        if news["kind"] == "delivery"
            && news["eventId"] == json!(event_id)
            && news["target"] == Stage::arn("sqs", "jobs")
        {
            outcomes.push((news["attempt"].clone(), news["outcome"].clone()));
        }
    }
    assert_eq!(outcomes, [(json!(1), json!("again")), (json!(2), json!("delivered"))]);
    assert_eq!((stage.count("letters").await, stage.count("queue-letters").await), (0, 0));
}

#[tokio::test]
async fn a_target_without_dead_letters_loses_what_it_cannot_take() {
    let stage = quiet(RESOURCES).await;
    let missing = Stage::arn("sqs", "no-such-queue");
    let target = Target::builder().id("queue").arn(missing).build().unwrap();
    stage.events.put_targets().event_bus_name("shop").rule("placed").targets(target).send().await.unwrap();
    stage.put("OrderPlaced", "{}").await;
    stage.tries(1).await;
    for queue in ["letters", "queue-letters", "jobs", "failures"] {
        assert_eq!(stage.count(queue).await, 0, "{queue}");
    }
}

#[tokio::test]
async fn a_retry_policy_has_at_most_185_retries_and_an_age_of_a_minute_to_a_day() {
    let stage = quiet(RESOURCES).await;
    let put = async |retries: Option<i32>, age: Option<i32>| {
        let policy = RetryPolicy::builder().set_maximum_retry_attempts(retries).set_maximum_event_age_in_seconds(age);
        let target = Target::builder().id("queue").arn(Stage::arn("sqs", "jobs")).retry_policy(policy.build());
        let call = stage.events.put_targets().event_bus_name("shop").rule("placed").targets(target.build().unwrap());
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
    let stage = quiet(RESOURCES).await;
    stage.put("OrderPlaced", "{}").await;
    let elsewhere = super::put_events::entry("OrderPlaced", "{}").source("shop.stock").build();
    stage.events.put_events().entries(elsewhere).send().await.unwrap();
    stage.tries(1).await;
    assert_eq!((stage.count("jobs").await, stage.settled_tries().await), (1, 1));
}
