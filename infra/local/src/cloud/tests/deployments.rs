//! A changed template: which resources it changes and deletes, and which stay.

use serde_json::{Value, json};

use super::{ARN, Fixture, LETTERS};
use crate::cloud::Cloud;

const PLACED: &str = "
  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      EventPattern: { detail-type: [OrderPlaced] }
      Targets: [{ Id: letters, Arn: !GetAtt Letters.Arn }, { Id: again, Arn: !GetAtt Letters.Arn }]
";
const BUS: &str = "  Shop: { Type: AWS::Events::EventBus, Properties: { Name: shop } }\n";
const SOLD: &str = "  Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } }\n";
const DAILY: &str = "
  Timers: { Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: timers } }
  Daily:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: daily
      GroupName: !Ref Timers
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: { Mode: \"OFF\" }
      Target: { Arn: !GetAtt Letters.Arn, RoleArn: 'arn:aws:iam::000000000000:role/timers' }
";

async fn bus_names(cloud: &Cloud) -> Vec<String> {
    super::names(&cloud.events("ListEventBuses", json!({})).await["EventBuses"], "Name")
}

async fn attributes_of_letters(cloud: &Cloud) -> Value {
    let url = format!("{}/000000000000/letters", cloud.endpoint());
    let request = json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "RedrivePolicy"] });
    cloud.queues("GetQueueAttributes", request).await["Attributes"].clone()
}

#[tokio::test]
async fn removed_resources_are_deleted_and_those_of_the_user_stay() {
    let fixture = Fixture::new();
    let cloud = fixture.start(&format!("{LETTERS}{SOLD}{PLACED}{DAILY}{BUS}")).await;
    cloud.queues("CreateQueue", json!({ "QueueName": "mine" })).await;
    cloud.events("PutRule", json!({ "Name": "mine", "EventPattern": "{\"source\":[\"me\"]}" })).await;
    let timer = json!({
        "Name": "order-1", "GroupName": "timers", "ScheduleExpression": "at(2026-11-24T05:00:00)",
        "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": { "Arn": ARN, "RoleArn": "arn:aws:iam::000000000000:role/t" },
    });
    cloud.schedules("CreateSchedule", timer).await;
    cloud.stop().await;

    let timers = "  Timers: { Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: timers } }\n";
    let cloud = fixture.start(&format!("{LETTERS}{timers}")).await;
    assert_eq!(cloud.rules("default").await, ["mine"]);
    assert_eq!(cloud.queue_names().await, ["letters", "mine"]);
    assert_eq!(cloud.schedule_names().await, ["order-1"]);
    assert_eq!(bus_names(&cloud).await, ["default"]);
    cloud.stop().await;

    // Resources of the user are not the stack's after a second start either.
    let cloud = fixture.start(LETTERS).await;
    assert_eq!(cloud.rules("default").await, ["mine"]);
    assert_eq!(cloud.queue_names().await, ["letters", "mine"]);
    // A schedule group is deleted with its schedules, as on AWS.
    assert!(cloud.schedule_names().await.is_empty());
}

#[tokio::test]
async fn a_bus_with_a_rule_of_the_user_stays_until_the_rule_is_deleted() {
    let fixture = Fixture::new();
    let cloud = fixture.start(&format!("{LETTERS}{BUS}")).await;
    let rule = json!({ "Name": "mine", "EventBusName": "shop", "EventPattern": "{\"source\":[\"me\"]}" });
    cloud.events("PutRule", rule).await;
    let cloud = fixture.restart(cloud, LETTERS).await;
    assert_eq!(cloud.rules("shop").await, ["mine"]);
    cloud.events("DeleteRule", json!({ "Name": "mine", "EventBusName": "shop" })).await;
    let cloud = fixture.restart(cloud, LETTERS).await;
    assert_eq!(bus_names(&cloud).await, ["default"]);
}

#[tokio::test]
async fn a_changed_rule_gets_its_new_pattern_state_and_targets() {
    let fixture = Fixture::new();
    fixture.start(&format!("{LETTERS}{PLACED}")).await.stop().await;
    let changed = "
  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      State: DISABLED
      EventPattern: { detail-type: [OrderConfirmed] }
      Targets:
        - Id: letters
          Arn: !GetAtt Letters.Arn
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 }
          DeadLetterConfig: { Arn: !GetAtt Letters.Arn }
";
    let cloud = fixture.start(&format!("{LETTERS}{changed}")).await;
    let rule = cloud.events("DescribeRule", json!({ "Name": "placed" })).await;
    assert_eq!(rule["State"], "DISABLED");
    assert_eq!(rule["EventPattern"], r#"{"detail-type":["OrderConfirmed"]}"#);
    let targets = cloud.events("ListTargetsByRule", json!({ "Rule": "placed" })).await;
    let wanted = json!([{
        "Id": "letters", "Arn": ARN,
        "RetryPolicy": { "MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60 },
        "DeadLetterConfig": { "Arn": ARN },
    }]);
    assert_eq!(targets["Targets"], wanted);
}

#[tokio::test]
async fn a_change_of_the_user_stays_as_long_as_the_template_is_unchanged() {
    let fixture = Fixture::new();
    let cloud = fixture.start(&format!("{LETTERS}{PLACED}")).await;
    cloud.events("DisableRule", json!({ "Name": "placed" })).await;
    cloud.events("PutTargets", json!({ "Rule": "placed", "Targets": [{ "Id": "mine", "Arn": ARN }] })).await;
    let cloud = fixture.restart(cloud, &format!("{LETTERS}{PLACED}")).await;
    assert_eq!(cloud.events("DescribeRule", json!({ "Name": "placed" })).await["State"], "DISABLED");
    assert_eq!(cloud.targets("placed").await, ["letters", "again", "mine"]);
    cloud.stop().await;
    // A change of the rule takes away only the stack's own target.
    let fewer = PLACED.replace(", { Id: again, Arn: !GetAtt Letters.Arn }", "");
    let cloud = fixture.start(&format!("{LETTERS}{fewer}")).await;
    assert_eq!(cloud.targets("placed").await, ["letters", "mine"]);
}

#[tokio::test]
async fn a_changed_schedule_and_a_changed_queue_are_updated() {
    let fixture = Fixture::new();
    fixture.start(&format!("{LETTERS}{DAILY}")).await.stop().await;
    let hidden = "
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead } }
  Letters:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: letters
      VisibilityTimeout: 99
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2 }
";
    let hourly = DAILY
        .replace("rate(1 day)", "rate(1 hour)")
        .replace("Properties:\n      Name: daily", "Properties:\n      State: DISABLED\n      Name: daily");
    let cloud = fixture.start(&format!("{hidden}{hourly}")).await;
    let schedule = cloud.schedules("GetSchedule", json!({ "Name": "daily", "GroupName": "timers" })).await;
    assert_eq!((&schedule["ScheduleExpression"], &schedule["State"]), (&json!("rate(1 hour)"), &json!("DISABLED")));
    let attributes = attributes_of_letters(&cloud).await;
    assert_eq!(attributes["VisibilityTimeout"], "99");
    assert!(attributes["RedrivePolicy"].as_str().unwrap().contains(":dead"), "{attributes}");
    let cloud = fixture.restart(cloud, &format!("{LETTERS}{DAILY}")).await;
    assert_eq!(attributes_of_letters(&cloud).await, json!({ "VisibilityTimeout": "30" }));
}

#[tokio::test]
async fn a_resource_that_existed_before_the_stack_is_used_and_never_deleted() {
    let fixture = Fixture::new();
    let cloud = fixture.start(LETTERS).await;
    cloud.queues("CreateQueue", json!({ "QueueName": "sold" })).await;
    cloud.stop().await;
    fixture.start(&format!("{LETTERS}{SOLD}")).await.stop().await;
    let cloud = fixture.start(LETTERS).await;
    assert_eq!(cloud.queue_names().await, ["letters", "sold"]);
}

#[tokio::test]
async fn a_completed_schedule_is_not_created_again() {
    let fixture = Fixture::new();
    let once = DAILY
        .replace("rate(1 day)", "at(2026-11-22T05:00:00)")
        .replace("Name: daily", "Name: once\n      ActionAfterCompletion: DELETE");
    let resources = format!("{LETTERS}{once}");
    let cloud = fixture.start(&resources).await;
    cloud.schedules("DeleteSchedule", json!({ "Name": "once", "GroupName": "timers" })).await;
    cloud.stop().await;
    fixture.clock.tick(jiff::SignedDuration::from_hours(72));
    let cloud = fixture.start(&resources).await;
    assert!(cloud.schedule_names().await.is_empty());
}

#[tokio::test]
async fn a_removed_nested_stack_is_deleted_with_its_resources() {
    let fixture = Fixture::new();
    let inner = "Resources: { Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } } }";
    std::fs::write(fixture.folder.path().join("sales.yaml"), inner).unwrap();
    let sales = "  Sales: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: sales.yaml } }\n";
    let cloud = fixture.start(&format!("{LETTERS}{sales}")).await;
    assert_eq!(cloud.queue_names().await, ["letters", "sold"]);
    let cloud = fixture.restart(cloud, LETTERS).await;
    assert_eq!(cloud.queue_names().await, ["letters"]);
}
