//! The template reader on small templates: names, parameters, policies, errors and findings.

mod intrinsics;
mod limits;
mod nested;
mod public;
mod serverless;

use super::{RetainPolicy, Settings, Stack, error::ReadError, nesting::Nesting, read_within};

/// Reads a template, with an error that can be compared.
fn read(text: &str, settings: &Settings) -> Result<Stack, ReadError> {
    read_within(text, settings, &Nesting::outermost(settings.file.as_deref(), read_within)).map(|(stack, _)| stack)
}

fn settings() -> Settings {
    Settings::new("shop", "http://127.0.0.1:4100")
}

fn stack(text: &str) -> Stack {
    match read(text, &settings()) {
        Ok(stack) => stack,
        Err(error) => panic!("the template is refused: {error}\n{text}"),
    }
}

fn refusal(text: &str) -> ReadError {
    read(text, &settings()).expect_err("the template is refused")
}

/// The value of an output with this YAML, in a template with these other sections and resources.
fn value_of(value: &str, rest: &str) -> Result<String, ReadError> {
    let queue = "  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: letters } }";
    let text = format!("Outputs: {{ Value: {{ Value: {value} }} }}\nResources:\n{queue}\n{rest}");
    read(&text, &settings()).map(|stack| stack.outputs.into_iter().map(|output| output.value).collect())
}

fn findings(text: &str) -> Vec<String> {
    stack(text).findings.iter().map(ToString::to_string).collect()
}

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
fn arns_and_references_have_the_form_of_aws() {
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
fn generated_names_begin_with_the_stack_and_are_stable() {
    let (first, second) = (stack(TEMPLATE), stack(TEMPLATE));
    assert_eq!(first, second);
    let rule = first.rules.first().expect("there is a rule");
    assert!(rule.name.starts_with("shop-OnBus-") && rule.name.len() == "shop-OnBus-".len() + 12, "{}", rule.name);
    let queue = first.queues.first().expect("there is a queue");
    assert!(queue.fifo && queue.name.starts_with("shop-Fifo-") && queue.name.ends_with(".fifo"), "{}", queue.name);
}

#[test]
fn a_generated_name_has_at_most_the_length_of_the_service() {
    let id = "Long".repeat(50);
    let stack =
        stack(&format!("Resources: {{ {id}: {{ Type: AWS::SQS::Queue }}, {id}Too: {{ Type: AWS::SQS::Queue }} }}"));
    let names: Vec<_> = stack.queues.iter().map(|queue| queue.name.clone()).collect();
    assert!(names.iter().all(|name| name.len() == 80), "{names:?}");
    assert_ne!(names.first(), names.last());
}

#[test]
fn names_contain_region_account_stack_and_endpoint() {
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
fn policies_topics_and_alarms_are_kept_as_data_with_their_names() {
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

fn parameter(declaration: &str, given: Option<&str>) -> Result<String, ReadError> {
    let text = format!(
        "Parameters:\n  Value: {declaration}\nResources: {{ Q: {{ Type: AWS::SQS::Queue }} }}\n\
         Outputs: {{ Value: {{ Value: !Sub 'is ${{Value}}' }} }}"
    );
    let parameters = given.map(|value| ("Value".to_owned(), value.to_owned())).into_iter().collect();
    let stack = read(&text, &Settings { parameters, ..settings() })?;
    Ok(stack.outputs.into_iter().map(|output| output.value).collect())
}

#[test]
fn a_given_value_replaces_the_default() {
    assert_eq!(parameter("{ Type: String, Default: usual }", None).as_deref(), Ok("is usual"));
    assert_eq!(parameter("{ Type: String, Default: usual }", Some("given")).as_deref(), Ok("is given"));
    assert_eq!(parameter("{ Type: Number, Default: 5 }", None).as_deref(), Ok("is 5"));
    assert_eq!(parameter("{ Type: String }", Some("")).as_deref(), Ok("is "));
}

#[test]
fn a_value_that_breaks_a_constraint_is_refused() {
    let table = [
        ("{ Type: String }", None, "has no default, and no value was given"),
        ("{ Type: String, AllowedValues: [a, b] }", Some("c"), r#""c" is none of a, b"#),
        (
            "{ Type: String, AllowedPattern: '[^@ ]+@[^@ ]+' }",
            Some("nobody"),
            r#""nobody" does not match [^@ ]+@[^@ ]+"#,
        ),
        ("{ Type: String, AllowedPattern: 'a|b' }", Some("ab"), r#""ab" does not match a|b"#),
        ("{ Type: String, MinLength: 2 }", Some("a"), r#"the length of "a" breaks MinLength 2"#),
        ("{ Type: String, MaxLength: '2' }", Some("abc"), r#"the length of "abc" breaks MaxLength 2"#),
        ("{ Type: Number }", Some("five"), r#""five" is not a number"#),
        ("{ Type: Number, MinValue: 1 }", Some("0"), "0 breaks MinValue 1"),
        ("{ Type: Number, MaxValue: 1 }", Some("1.5"), "1.5 breaks MaxValue 1"),
        ("{ Type: 'AWS::SSM::Parameter::Value<String>' }", None, "has no default, and no value was given"),
    ];
    for (declaration, given, problem) in table {
        let wanted = ReadError::Parameter { line: 2, name: "Value".to_owned(), problem: problem.to_owned() };
        assert_eq!(parameter(declaration, given), Err(wanted), "{declaration}");
    }
}

#[test]
fn a_value_of_an_unknown_parameter_is_refused() {
    let parameters = [("Nothing".to_owned(), "x".to_owned())].into();
    let refused = read("Resources: { Q: { Type: AWS::SQS::Queue } }", &Settings { parameters, ..settings() });
    assert_eq!(refused, Err(ReadError::UnknownParameter { name: "Nothing".to_owned() }));
}

fn queue(attribute: &str) -> String {
    format!("Resources:\n  Letters:\n    Type: AWS::SQS::Queue\n    {attribute}\n")
}

#[test]
fn a_policy_retains_a_removed_or_replaced_resource() {
    let retained = |when_removed, when_replaced| Some(RetainPolicy { when_removed, when_replaced });
    for (attribute, wanted) in [
        ("Properties: {}", None),
        ("DeletionPolicy: Delete", None),
        ("DeletionPolicy: Retain", retained(true, false)),
        ("DeletionPolicy: RetainExceptOnCreate", retained(true, false)),
        ("UpdateReplacePolicy: Retain", retained(false, true)),
    ] {
        let stack = stack(&queue(attribute));
        assert_eq!(stack.retained.get("Letters").copied(), wanted, "{attribute}");
        assert!(stack.findings.is_empty(), "{attribute}: {:?}", stack.findings);
    }
}

#[test]
fn an_unknown_policy_is_refused_with_its_line() {
    for (attribute, wanted) in [
        ("DeletionPolicy: Snapshot", "Delete, Retain or RetainExceptOnCreate"),
        ("DeletionPolicy: keep", "Delete, Retain or RetainExceptOnCreate"),
        ("UpdateReplacePolicy: RetainExceptOnCreate", "Delete or Retain"),
        ("UpdateReplacePolicy: [Retain]", "Letters.UpdateReplacePolicy"),
    ] {
        let refusal = refusal(&queue(attribute)).to_string();
        assert!(refusal.contains("line 4") && refusal.contains(wanted), "{attribute}: {refusal}");
    }
}

#[test]
fn an_invalid_template_is_refused() {
    let table = [
        ("", "line 1: the template must be a map, not null"),
        ("a", r#"line 1: the template must be a map, not "a""#),
        ("Resources: {}", "line 1: the template lacks Resources"),
        ("Resources: [a]", "line 1: Resources must be a map, not a list"),
        ("Resources: { A: a }", r#"line 1: A must be a map, not "a""#),
        ("Resources:\n  A: {}", "line 2: A lacks Type"),
        ("Resources:\n  A-b: { Type: x }", r#"line 2: a logical id must be letters and digits, not "A-b""#),
        ("Resources:\n  A: { Type: x }\n  A: { Type: x }", r#"line 3: "A" is given twice"#),
        ("A: &a [*a]", "line 1: the template is not valid YAML: an alias stands within the value that it names"),
        ("a: b\n---\na: b", "line 2: the template is not valid YAML: a second document begins"),
        ("[a]: b", "line 1: a key must be text, not a list"),
        (
            "Resources:\n  A: { Type: AWS::Serverless::Function }",
            "line 2: the template of a AWS::Serverless::Function lacks Transform: AWS::Serverless-2016-10-31",
        ),
        ("Resources:\n  A: { Type: AWS::SQS::Queue, DependsOn: B }", r#"line 2: there is no resource "B""#),
    ];
    for (text, wanted) in table {
        assert_eq!(refusal(text).to_string(), wanted, "{text}");
    }
    assert!(refusal("a: b: c").to_string().starts_with("line 1: the template is not valid YAML: "));
}

#[test]
fn a_property_of_the_wrong_shape_is_refused() {
    let table = [
        (
            "AWS::SQS::Queue",
            "{ VisibilityTimeout: long }",
            r#"A.VisibilityTimeout must be a whole number from 0 to 43200, not "long""#,
        ),
        (
            "AWS::SQS::Queue",
            "{ VisibilityTimeout: 43201 }",
            r#"A.VisibilityTimeout must be a whole number from 0 to 43200, not "43201""#,
        ),
        ("AWS::SQS::Queue", "{ FifoQueue: maybe }", r#"A.FifoQueue must be true or false, not "maybe""#),
        (
            "AWS::SQS::Queue",
            "{ FifoQueue: true, QueueName: a }",
            r#"A.QueueName must be a name that ends in .fifo, not "a""#,
        ),
        ("AWS::SQS::Queue", "{ RedrivePolicy: { maxReceiveCount: 3 } }", "A.RedrivePolicy lacks deadLetterTargetArn"),
        ("AWS::SQS::Queue", "{ QueueName: [a] }", "the name of A must be text, not a list"),
        ("AWS::Events::Rule", "{ Name: a }", "A lacks EventPattern or ScheduleExpression"),
        ("AWS::Events::Rule", "{ EventPattern: { a: b } }", "the pattern of A is refused"),
        ("AWS::Events::Rule", "{ ScheduleExpression: 'rate(1 hours)' }", "the schedule of A is refused"),
        (
            "AWS::Events::Rule",
            "{ EventBusName: b, ScheduleExpression: 'rate(1 hour)' }",
            r#"A.ScheduleExpression must be left to rules of the default bus, not "rate(1 hour)""#,
        ),
        ("AWS::Events::Rule", "{ EventPattern: { a: [b] }, Targets: [{ Id: x }] }", "A.Targets lacks Arn"),
        (
            "AWS::Events::Rule",
            "{ EventPattern: { a: [b] }, State: OFF }",
            r#"A.State must be one of ENABLED, DISABLED, not "OFF""#,
        ),
        (
            "AWS::Events::Rule",
            "{ EventPattern: { a: [b] }, Targets: [{ Id: x, Arn: 'arn:aws:sqs:r:a:q', RetryPolicy: { MaximumRetryAttempts: 186 } }] }",
            r#"A.Targets.RetryPolicy.MaximumRetryAttempts must be a whole number from 0 to 185, not "186""#,
        ),
        ("AWS::DynamoDB::Table", "{ KeySchema: [] }", "A lacks KeySchema"),
        ("AWS::Scheduler::Schedule", "{ ScheduleExpression: 'rate(1 hour)' }", "A lacks FlexibleTimeWindow"),
        ("AWS::Lambda::Function", "{ Timeout: 901 }", r#"A.Timeout must be a whole number from 1 to 900, not "901""#),
        (
            "AWS::Lambda::EventSourceMapping",
            "{ FunctionName: f, EventSourceArn: 'arn:aws:dynamodb:r:a:table/t/stream/x' }",
            "A lacks StartingPosition",
        ),
        (
            "AWS::Lambda::EventSourceMapping",
            "{ FunctionName: f, EventSourceArn: 'arn:aws:sqs:r:a:q', BatchSize: 11 }",
            "A lacks MaximumBatchingWindowInSeconds, which a batch of more than 10 messages needs",
        ),
    ];
    for (kind, properties, wanted) in table {
        let text = format!("Resources:\n  A: {{ Type: {kind}, Properties: {properties} }}");
        assert_eq!(refusal(&text).to_string(), format!("line 2: {wanted}"), "{properties}");
    }
}

#[test]
fn what_is_not_supported_is_a_finding_with_its_line() {
    let text = "
Rules: {}
Transform: [OurMacro]
Resources:
  Stream: { Type: AWS::Kinesis::Stream }
  Queue:
    Type: AWS::SQS::Queue
    Colour: blue
    Properties:
      QueueName: !Ref Stream
      Surprise: 1
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [a] }
      Targets:
        - { Id: a, Arn: !GetAtt Stream.Arn, EcsParameters: {} }
  Function:
    Type: AWS::Lambda::Function
    Properties: { VpcConfig: {}, Layers: [] }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }
";
    let found: Vec<String> = findings(text);
    let wanted = [
        "line 2: the template: the section Rules is not read",
        "line 3: the template: the transform OurMacro is not known",
        "line 5: Stream: resources of type AWS::Kinesis::Stream are not supported here",
        "line 8: Queue: the attribute Colour is not known",
        "line 10: Stream: what Ref gives for a AWS::Kinesis::Stream is not known; \"shop-Stream-",
        "line 11: Queue: Surprise is not supported here",
        "line 17: Stream: Arn of a AWS::Kinesis::Stream is not known; \"shop-Stream-",
        "line 17: Rule.Targets: shop-Stream-",
        "line 17: Rule.Targets: EcsParameters is not supported here",
        "line 20: Function: VpcConfig is not supported here",
        "line 20: Function: Layers is not supported here",
        "line 26: Table: throughput is not limited here",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(wanted), "{found} instead of {wanted}");
    }
}

#[test]
fn numbers_and_truth_values_may_be_text() {
    let text = "Resources: { A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: '7', ContentBasedDeduplication: 'false' } } }";
    assert_eq!(stack(text).queues.first().map(|queue| queue.delay_seconds), Some(7));
}
