//! What AWS would refuse is an error with its line; what only this machine lacks is a finding.

use super::{findings, refusal, stack};

#[test]
fn what_is_not_a_template_is_refused() {
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
fn what_this_machine_does_not_play_is_named_with_its_line() {
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
fn numbers_and_truth_values_may_be_spelled_as_text() {
    let text = "Resources: { A: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: '7', ContentBasedDeduplication: 'false' } } }";
    assert_eq!(stack(text).queues.first().map(|queue| queue.delay_seconds), Some(7));
}
