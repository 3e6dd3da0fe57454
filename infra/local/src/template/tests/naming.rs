//! Names and ARNs follow from what goes in, and are the same every time.

use super::{
    super::{Settings, read},
    settings, stack,
};

const TEMPLATE: &str = "
Resources:
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: facts } }
  OnBus: { Type: AWS::Events::Rule, Properties: { EventBusName: !Ref Bus, EventPattern: { source: [a] } } }
  ByArn: { Type: AWS::Events::Rule, Properties: { Name: by, EventBusName: !GetAtt Bus.Arn, EventPattern: { source: [a] } } }
  Plain: { Type: AWS::Events::Rule, Properties: { Name: plain, EventPattern: '{\"source\": [\"a\"]}' } }
  Timers: { Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: timers } }
  Fifo: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } }
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: runner, Path: /team/, AssumeRolePolicyDocument: {} } }
  May: { Type: AWS::IAM::ManagedPolicy, Properties: { ManagedPolicyName: may, PolicyDocument: {} } }
Outputs:
  Rule: { Value: !Ref OnBus }
  ByArn: { Value: !GetAtt ByArn.Arn }
  Plain: { Value: !GetAtt Plain.Arn }
  Timers: { Value: !GetAtt Timers.Arn }
  Role: { Value: !GetAtt Role.Arn }
  May: { Value: !Ref May }
";

#[test]
fn arns_and_references_are_spelled_as_aws_spells_them() {
    let stack = stack(TEMPLATE);
    let values: Vec<_> = stack.outputs.iter().map(|output| output.value.as_str()).collect();
    let rule = stack.rules.first().expect("there is a rule");
    assert_eq!(
        values,
        [
            &format!("facts|{}", rule.name),
            "arn:aws:events:us-east-1:000000000000:rule/facts/by",
            "arn:aws:events:us-east-1:000000000000:rule/plain",
            "arn:aws:scheduler:us-east-1:000000000000:schedule-group/timers",
            "arn:aws:iam::000000000000:role/team/runner",
            "arn:aws:iam::000000000000:policy/may",
        ],
    );
    assert_eq!(stack.rules.iter().map(|rule| rule.bus.as_str()).collect::<Vec<_>>(), ["facts", "facts", "default"]);
}

#[test]
fn generated_names_begin_with_the_stack_and_stay_the_same() {
    let (first, second) = (stack(TEMPLATE), stack(TEMPLATE));
    assert_eq!(first, second);
    let rule = first.rules.first().expect("there is a rule");
    assert!(rule.name.starts_with("shop-OnBus-") && rule.name.len() == "shop-OnBus-".len() + 12, "{}", rule.name);
    let queue = first.queues.first().expect("there is a queue");
    assert!(queue.fifo && queue.name.starts_with("shop-Fifo-") && queue.name.ends_with(".fifo"), "{}", queue.name);
}

#[test]
fn a_generated_name_is_never_longer_than_the_service_takes() {
    let id = "Long".repeat(50);
    let stack =
        stack(&format!("Resources: {{ {id}: {{ Type: AWS::SQS::Queue }}, {id}Too: {{ Type: AWS::SQS::Queue }} }}"));
    let names: Vec<_> = stack.queues.iter().map(|queue| queue.name.clone()).collect();
    assert!(names.iter().all(|name| name.len() == 80), "{names:?}");
    assert_ne!(names.first(), names.last());
}

#[test]
fn region_account_stack_and_endpoint_go_into_the_names() {
    let settings = Settings {
        stack_name: "other".to_owned(),
        region: "cn-north-1".to_owned(),
        account: "123456789012".to_owned(),
        endpoint: "http://localhost:1/".to_owned(),
        ..settings()
    };
    let text = "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub '${AWS::StackName}-${AWS::Partition}' } } }";
    let stack = read(text, &settings).expect("valid");
    let queue = stack.queues.first().expect("there is a queue");
    assert_eq!(queue.arn, "arn:aws-cn:sqs:cn-north-1:123456789012:other-aws-cn");
    assert_eq!(queue.url, "http://localhost:1/123456789012/other-aws-cn");
}

#[test]
fn who_may_speak_and_who_is_told_is_kept_and_has_its_names() {
    let text = "
Resources:
  Told: { Type: AWS::SNS::Topic }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: shop, DeadLetterConfig: { Arn: arn } } }
  Only: { Type: AWS::Events::EventBusPolicy, Properties: { EventBusName: !Ref Bus, StatementId: only } }
  Late: { Type: AWS::CloudWatch::Alarm, Properties: { AlarmActions: [!Ref Told, !GetAtt Told.TopicArn] } }
";
    let stack = stack(text);
    assert!(stack.findings.is_empty(), "{:?}", stack.findings);
    let kept: Vec<_> = stack.documents.iter().map(|one| (one.id.as_str(), one.name.as_str())).collect();
    assert_eq!((kept.len(), kept.get(1)), (3, Some(&("Only", "only"))), "{kept:?}");
    let told = stack.documents.first().and_then(|topic| topic.arn.clone()).expect("a topic has an ARN");
    assert!(told.starts_with("arn:aws:sns:us-east-1:000000000000:shop-Told-"), "{told}");
    let actions = stack.documents.last().map(|alarm| alarm.properties["AlarmActions"].clone());
    assert_eq!(actions, Some(serde_json::json!([told, told])));
}
