//! FIFO queues as targets of rules, and what targets are told of an event.

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata,
    types::{SqsParameters, Target},
};
use aws_sdk_sqs::types::MessageSystemAttributeName;
use serde_json::json;

use super::test_cloud::{TestCloud, attributes, body, quiet};

const RESOURCES: &str = "
  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }
  Steps: { Type: AWS::SQS::Queue, Properties: { QueueName: steps.fifo, FifoQueue: true, ContentBasedDeduplication: true } }
  Strict: { Type: AWS::SQS::Queue, Properties: { QueueName: strict.fifo, FifoQueue: true } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: shop } }
  ToSteps:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: { detail-type: [OrderPlaced] }
      Targets: [{ Id: q, Arn: !GetAtt Steps.Arn, SqsParameters: { MessageGroupId: orders }, InputPath: $.detail }]
  ToStrict:
    Type: AWS::Events::Rule
    Properties:
      Name: to-strict
      EventBusName: !Ref Bus
      EventPattern: { detail-type: [OrderShipped] }
      Targets: [{ Id: q, Arn: !GetAtt Strict.Arn, SqsParameters: { MessageGroupId: orders }, DeadLetterConfig: { Arn: !GetAtt Letters.Arn } }]
  Told:
    Type: AWS::Events::Rule
    Properties:
      Name: told
      EventBusName: !Ref Bus
      EventPattern: { detail-type: [OrderCancelled] }
      Targets:
        - Id: q
          Arn: !GetAtt Letters.Arn
          InputTransformer:
            InputPathsMap: { order: $.detail.order, total: $.detail.total }
            InputTemplate: '{\"text\": \"order <order> is off\", \"total\": <total>, \"rule\": <aws.events.rule-name>}'
";

#[tokio::test]
async fn a_fifo_target_gets_the_group_of_its_target_and_takes_the_same_content_once() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderPlaced", r#"{"order":"o-1"}"#).await;
    test_cloud.put("OrderPlaced", r#"{"order":"o-1"}"#).await;
    test_cloud.put("OrderPlaced", r#"{"order":"o-2"}"#).await;
    assert_eq!(test_cloud.count("steps.fifo").await, 2);
    let first = test_cloud.receive("steps.fifo").await;
    let group = first.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::MessageGroupId));
    assert_eq!((group.map(String::as_str), body(&first)), (Some("orders"), json!({ "order": "o-1" })));
}

#[tokio::test]
async fn a_fifo_queue_that_does_not_know_messages_by_their_content_takes_nothing_from_a_rule() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderShipped", "{}").await;
    let letter = test_cloud.receive("letters").await;
    assert_eq!(attributes(&letter).get("ERROR_CODE").map(String::as_str), Some("ERROR_FROM_TARGET"));
    assert_eq!(test_cloud.count("strict.fifo").await, 0);
}

#[tokio::test]
async fn a_fifo_target_without_a_group_is_refused() {
    let test_cloud = quiet(RESOURCES).await;
    let put = async |parameters: Option<SqsParameters>| {
        let target = Target::builder().id("q").arn(TestCloud::arn("sqs", "steps.fifo")).set_sqs_parameters(parameters);
        let put = test_cloud.events.put_targets().event_bus_name("shop").rule("told").targets(target.build().unwrap());
        put.send().await.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    assert_eq!(put(None).await, Err("ValidationException".to_owned()));
    assert_eq!(put(Some(SqsParameters::builder().message_group_id("g").build())).await, Ok(()));
    let listed = test_cloud.events.list_targets_by_rule().event_bus_name("shop").rule("told").send().await.unwrap();
    let group = listed.targets().first().and_then(|target| target.sqs_parameters()?.message_group_id());
    assert_eq!(group, Some("g"));
}

#[tokio::test]
async fn a_transformer_puts_parts_of_the_event_into_its_template_and_keeps_numbers_numbers() {
    let test_cloud = quiet(RESOURCES).await;
    test_cloud.put("OrderCancelled", r#"{"order":"o-1","total":25.5}"#).await;
    let told = body(&test_cloud.receive("letters").await);
    assert_eq!(told, json!({ "text": "order o-1 is off", "total": 25.5, "rule": "told" }));
}
