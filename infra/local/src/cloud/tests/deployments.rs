//! What a changed template does to what stands, and what it leaves alone.

use serde_json::json;

use super::Ground;

const LETTERS: &str = "  Letters: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }\n";
const PLACED: &str = "
  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      EventPattern: { detail-type: [OrderPlaced] }
      Targets: [{ Id: letters, Arn: !GetAtt Letters.Arn }, { Id: again, Arn: !GetAtt Letters.Arn }]
";
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
const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:letters";

#[tokio::test]
async fn what_the_template_has_no_more_is_removed_and_what_the_user_made_stays() {
    let ground = Ground::new();
    let bus = "  Shop: { Type: AWS::Events::EventBus, Properties: { Name: shop } }\n";
    let sold = "  Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } }\n";
    let cloud = ground.start(&format!("{LETTERS}{sold}{PLACED}{DAILY}{bus}")).await;
    cloud.queues("CreateQueue", json!({ "QueueName": "mine" })).await;
    cloud.events("PutRule", json!({ "Name": "mine", "EventPattern": "{\"source\":[\"me\"]}" })).await;
    let timer = json!({
        "Name": "order-1", "GroupName": "timers", "ScheduleExpression": "at(2026-11-24T05:00:00)",
        "FlexibleTimeWindow": { "Mode": "OFF" }, "Target": { "Arn": ARN, "RoleArn": "arn:aws:iam::000000000000:role/t" },
    });
    cloud.schedules("CreateSchedule", timer).await;
    cloud.stop().await;

    let timers = "  Timers: { Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: timers } }\n";
    let cloud = ground.start(&format!("{LETTERS}{timers}")).await;
    assert_eq!(cloud.rules("default").await, ["mine"]);
    assert_eq!(cloud.queue_names().await, ["letters", "mine"]);
    assert_eq!(cloud.schedule_names().await, ["order-1"]);
    let buses = cloud.events("ListEventBuses", json!({})).await;
    assert_eq!(super::names(&buses["EventBuses"], "Name"), ["default"]);
    cloud.stop().await;

    // Nothing of the user's is taken for the stack's later either.
    let cloud = ground.start(LETTERS).await;
    assert_eq!(cloud.rules("default").await, ["mine"]);
    assert_eq!(cloud.queue_names().await, ["letters", "mine"]);
    // A group goes with all that is in it, as in the cloud.
    assert!(cloud.schedule_names().await.is_empty());
}

#[tokio::test]
async fn a_bus_that_holds_a_rule_of_the_users_stays_until_that_is_gone() {
    let ground = Ground::new();
    let bus = "  Shop: { Type: AWS::Events::EventBus, Properties: { Name: shop } }\n";
    let cloud = ground.start(&format!("{LETTERS}{bus}")).await;
    let rule = json!({ "Name": "mine", "EventBusName": "shop", "EventPattern": "{\"source\":[\"me\"]}" });
    cloud.events("PutRule", rule).await;
    cloud.stop().await;
    let cloud = ground.start(LETTERS).await;
    assert_eq!(cloud.rules("shop").await, ["mine"]);
    cloud.events("DeleteRule", json!({ "Name": "mine", "EventBusName": "shop" })).await;
    cloud.stop().await;
    let cloud = ground.start(LETTERS).await;
    let buses = cloud.events("ListEventBuses", json!({})).await;
    assert_eq!(super::names(&buses["EventBuses"], "Name"), ["default"]);
}

#[tokio::test]
async fn a_changed_rule_takes_its_new_pattern_state_and_targets() {
    let ground = Ground::new();
    ground.start(&format!("{LETTERS}{PLACED}")).await.stop().await;
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
    let cloud = ground.start(&format!("{LETTERS}{changed}")).await;
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
async fn what_the_user_changed_stays_as_long_as_the_template_says_the_same() {
    let ground = Ground::new();
    let cloud = ground.start(&format!("{LETTERS}{PLACED}")).await;
    cloud.events("DisableRule", json!({ "Name": "placed" })).await;
    cloud.events("PutTargets", json!({ "Rule": "placed", "Targets": [{ "Id": "mine", "Arn": ARN }] })).await;
    cloud.stop().await;
    let cloud = ground.start(&format!("{LETTERS}{PLACED}")).await;
    assert_eq!(cloud.events("DescribeRule", json!({ "Name": "placed" })).await["State"], "DISABLED");
    assert_eq!(cloud.targets("placed").await, ["again", "letters", "mine"]);
    cloud.stop().await;
    // A change of the rule takes away only the stack's own target.
    let fewer = PLACED.replace(", { Id: again, Arn: !GetAtt Letters.Arn }", "");
    let cloud = ground.start(&format!("{LETTERS}{fewer}")).await;
    assert_eq!(cloud.targets("placed").await, ["letters", "mine"]);
}

#[tokio::test]
async fn a_changed_schedule_and_a_changed_queue_are_changed() {
    let ground = Ground::new();
    ground.start(&format!("{LETTERS}{DAILY}")).await.stop().await;
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
    let cloud = ground.start(&format!("{hidden}{hourly}")).await;
    let schedule = cloud.schedules("GetSchedule", json!({ "Name": "daily", "GroupName": "timers" })).await;
    assert_eq!((&schedule["ScheduleExpression"], &schedule["State"]), (&json!("rate(1 hour)"), &json!("DISABLED")));
    let url = format!("{}/000000000000/letters", cloud.endpoint());
    let wanted = json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "RedrivePolicy"] });
    let attributes = cloud.queues("GetQueueAttributes", wanted.clone()).await["Attributes"].clone();
    assert_eq!(attributes["VisibilityTimeout"], "99");
    assert!(attributes["RedrivePolicy"].as_str().unwrap().contains(":dead"), "{attributes}");
    cloud.stop().await;
    let cloud = ground.start(&format!("{LETTERS}{DAILY}")).await;
    let url = format!("{}/000000000000/letters", cloud.endpoint());
    let wanted = json!({ "QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "RedrivePolicy"] });
    let attributes = cloud.queues("GetQueueAttributes", wanted).await["Attributes"].clone();
    assert_eq!(attributes, json!({ "VisibilityTimeout": "30" }));
}

#[tokio::test]
async fn what_was_there_before_the_stack_declared_it_is_used_and_never_removed() {
    let ground = Ground::new();
    let cloud = ground.start(LETTERS).await;
    cloud.queues("CreateQueue", json!({ "QueueName": "sold" })).await;
    cloud.stop().await;
    let sold = "  Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } }\n";
    ground.start(&format!("{LETTERS}{sold}")).await.stop().await;
    let cloud = ground.start(LETTERS).await;
    assert_eq!(cloud.queue_names().await, ["letters", "sold"]);
}

#[tokio::test]
async fn a_schedule_that_ended_by_itself_is_not_set_again() {
    let ground = Ground::new();
    let once = DAILY
        .replace("rate(1 day)", "at(2026-11-22T05:00:00)")
        .replace("Name: daily", "Name: once\n      ActionAfterCompletion: DELETE");
    let resources = format!("{LETTERS}{once}");
    let cloud = ground.start(&resources).await;
    cloud.schedules("DeleteSchedule", json!({ "Name": "once", "GroupName": "timers" })).await;
    cloud.stop().await;
    ground.clock.tick(jiff::SignedDuration::from_hours(72));
    let cloud = ground.start(&resources).await;
    assert!(cloud.schedule_names().await.is_empty());
}

#[tokio::test]
async fn a_nested_stack_goes_with_all_that_it_made() {
    let ground = Ground::new();
    let inner = "Resources: { Sold: { Type: AWS::SQS::Queue, Properties: { QueueName: sold } } }";
    std::fs::write(ground.folder.path().join("sales.yaml"), inner).unwrap();
    let sales = "  Sales: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: sales.yaml } }\n";
    let cloud = ground.start(&format!("{LETTERS}{sales}")).await;
    assert_eq!(cloud.queue_names().await, ["letters", "sold"]);
    cloud.stop().await;
    let cloud = ground.start(LETTERS).await;
    assert_eq!(cloud.queue_names().await, ["letters"]);
}
