//! Every intrinsic function in short and long form, and the errors of wrong ones.

use super::{ReadError, refusal, stack, value_of};

const SECTIONS: &str = "
Parameters:
  Stage: { Type: String, Default: test }
  Zones: { Type: CommaDelimitedList, Default: 'a, b,c' }
Mappings: { Sizes: { test: { size: 3, names: [x, y] }, prod: { size: 9 } } }
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsProd: !Not [!Condition IsTest]
  Both: !And [!Condition IsTest, !Condition IsProd]
  Either: { Fn::Or: [{ Condition: IsTest }, { Condition: IsProd }] }
";

#[test]
fn values_are_evaluated_as_by_cloudformation() {
    let table = [
        ("plain", "plain"),
        ("5", "5"),
        ("true", "true"),
        ("!Ref Stage", "test"),
        ("{ Ref: Stage }", "test"),
        ("!Ref Queue", "http://127.0.0.1:4100/000000000000/letters"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref AWS::AccountId", "000000000000"),
        ("!Ref AWS::StackName", "shop"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:000000000000:letters"),
        ("{ Fn::GetAtt: [Queue, QueueName] }", "letters"),
        ("{ Fn::GetAtt: Queue.QueueUrl }", "http://127.0.0.1:4100/000000000000/letters"),
        ("!Sub 'x'", "x"),
        ("!Sub '${Stage}-${Queue.QueueName}-${AWS::Region}'", "test-letters-us-east-1"),
        ("!Sub '${!Stage} $ {x} }'", "${Stage} $ {x} }"),
        ("!Sub ['${Stage}/${Other}', { Stage: own, Other: !Ref Stage }]", "own/test"),
        ("{ Fn::Sub: ['${A}${A}', { A: !Join ['', [x, 1]] }] }", "x1x1"),
        ("!Join ['-', [a, !Ref Stage, 5, true]]", "a-test-5-true"),
        ("!Join ['', []]", ""),
        ("!Join ['+', !Ref Zones]", "a+b+c"),
        ("!Join ['', [a, !Ref 'AWS::NoValue', b]]", "ab"),
        ("!Select [1, [a, b]]", "b"),
        ("!Select ['2', !Ref Zones]", "c"),
        ("!Select [0, !Split [':', 'x:y']]", "x"),
        ("!Join ['.', { Fn::Split: [',', 'x,,y'] }]", "x..y"),
        ("!FindInMap [Sizes, !Ref Stage, size]", "3"),
        ("!Select [1, !FindInMap [Sizes, test, names]]", "y"),
        ("!If [IsTest, yes, no]", "yes"),
        ("!If [IsProd, !Ref Nothing, no]", "no"),
        ("{ Fn::If: [Both, a, !If [Either, b, c]] }", "b"),
        ("!Select [5, !Split ['/', !Sub '${AWS::StackId}/a/b/c/d']]", "c"),
    ];
    for (value, wanted) in table {
        match value_of(value, SECTIONS) {
            Ok(made) => assert_eq!(made, wanted, "{value}"),
            Err(error) => panic!("{value} is refused: {error}"),
        }
    }
}

#[test]
fn a_wrong_intrinsic_is_refused_with_its_line_and_its_reason() {
    let table = [
        ("!Ref Nothing", r#"line 1: there is no parameter or resource "Nothing""#),
        ("!Ref [Stage]", "line 1: Ref must be text, not a list"),
        ("!GetAtt Nothing.Arn", r#"line 1: there is no resource "Nothing""#),
        ("!GetAtt Stage.Arn", r#"line 1: there is no resource "Stage""#),
        ("!GetAtt Queue", r#"line 1: Fn::GetAtt: takes a resource and an attribute, not 1"#),
        ("{ Fn::GetAtt: Queue }", r#"line 1: Fn::GetAtt: "Queue" names no attribute"#),
        ("!GetAtt Queue.Size", "line 1: Fn::GetAtt: Queue, a AWS::SQS::Queue, has no attribute Size"),
        ("!Sub '${Nothing}'", r#"line 1: there is no parameter or resource "Nothing""#),
        ("!Sub '${Stage'", "line 1: Fn::Sub: a ${ is not closed"),
        ("!Sub '${a b}'", r#"line 1: Fn::Sub: "a b" cannot be the name of a value"#),
        ("!Sub '${}'", r#"line 1: Fn::Sub: "" cannot be the name of a value"#),
        ("!Sub '${Zones}'", "line 1: Fn::Sub: Zones is not text"),
        ("!Sub [x]", "line 1: Fn::Sub: takes a text, or a list of a text and a map of values"),
        ("!Join [a]", "line 1: Fn::Join: takes a delimiter and a list"),
        ("!Join ['', x]", "line 1: Fn::Join: wants a list, not text"),
        ("!Join ['', [[a]]]", "line 1: Fn::Join: cannot join a list"),
        ("!Select [3, [a]]", "line 1: Fn::Select: there is no place 3 in a list of 1"),
        ("!Select [-1, [a]]", "line 1: Fn::Select: there is no place -1 in a list of 1"),
        ("!Split ['', x]", "line 1: Fn::Split: the delimiter must not be empty"),
        ("!FindInMap [Sizes, dev, size]", r#"line 1: there is no entry of a mapping "Sizes.dev.size""#),
        ("!FindInMap [Colours, a, b]", r#"line 1: there is no mapping "Colours""#),
        (
            "!FindInMap [Sizes, test]",
            "line 1: Fn::FindInMap: takes the name of a mapping, two keys, and maybe a DefaultValue",
        ),
        ("!If [Nobody, a, b]", r#"line 1: there is no condition "Nobody""#),
        ("!If [IsTest, a]", "line 1: Fn::If: takes the name of a condition and two values"),
        ("!Equals [a, a]", "line 1: Fn::Equals: stands in Conditions only"),
        ("!Base64 { Ref: Nothing }", r#"line 1: there is no parameter or resource "Nothing""#),
        ("{ Fn::Nothing: x }", "line 1: Fn::Nothing: is no function that CloudFormation has"),
        ("{ Fn::Sub: x, b: c }", "line 1: Fn::Sub: cannot stand beside other keys"),
        ("!Nothing x", "line 1: unknown tag !Nothing"),
        ("!Ref AWS::NoValue", "line 1: Outputs.Value.Value must be text, not a map"),
    ];
    for (value, wanted) in table {
        match value_of(value, SECTIONS) {
            Ok(made) => panic!("{value} became {made}"),
            Err(error) => assert_eq!(error.to_string(), wanted, "{value}"),
        }
    }
}

#[test]
fn a_wrong_condition_is_refused_even_if_it_is_not_used() {
    let table = [
        ("!Equals [a]", "line 1: Fn::Equals: takes two values, not 1"),
        ("!Equals [!Ref Queue, a]", r#"line 1: there is no parameter or resource "Queue""#),
        ("!And [!Equals [a, a]]", "line 1: Fn::And: takes two to ten conditions, not 1"),
        (
            "!Not [a]",
            "line 1: a condition must be one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition, not \"a\"",
        ),
        ("!Not [!Equals [a, b], !Equals [a, b]]", "line 1: Fn::Not: takes one condition, not 2"),
        ("!Condition Other", r#"line 1: there is no condition "Other""#),
        ("!Condition Wrong", "line 1: these need each other in a circle: Wrong → Wrong"),
        ("!If [a, b, c]", "line 1: Fn::If: is not a condition"),
        ("!Or [!Equals [a, a], !Condition Other]", r#"line 1: there is no condition "Other""#),
    ];
    for (condition, wanted) in table {
        let text = format!("Conditions: {{ Wrong: {condition} }}\nResources: {{ Queue: {{ Type: AWS::SQS::Queue }} }}");
        assert_eq!(refusal(&text).to_string(), wanted, "{condition}");
    }
}

#[test]
fn cycles_are_refused_with_their_names() {
    let conditions = "
Conditions:
  One: !Not [!Condition Two]
  Two: !Or [!Condition Three, !Condition Three]
  Three: !Not [!Condition One]
Resources: { Queue: { Type: AWS::SQS::Queue } }";
    assert_eq!(refusal(conditions), ReadError::Cycle { line: 5, path: "One → Two → Three → One".to_owned() },);
    let names = "
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub 'x${B.QueueName}' } }
  B: { Type: AWS::SQS::Queue, Properties: { QueueName: !Join ['', [!GetAtt A.QueueName]] } }";
    assert_eq!(refusal(names), ReadError::Cycle { line: 3, path: "B → A → B".to_owned() });
    let properties = "
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt B.Arn, maxReceiveCount: 3 } } }
  B: { Type: AWS::SQS::Queue, DependsOn: C }
  C: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: a, Value: !Ref A }] } }";
    assert_eq!(refusal(properties), ReadError::Cycle { line: 5, path: "A → B → C → A".to_owned() });
    let itself = "Resources: { A: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: a, Value: !Ref A }] } } }";
    assert_eq!(refusal(itself), ReadError::Cycle { line: 1, path: "A → A".to_owned() });
}

#[test]
fn a_resource_whose_condition_does_not_hold_cannot_be_referenced() {
    let text = "
Conditions: { Never: !Equals [a, b], Always: !Equals [a, a] }
Resources:
  Gone: { Type: AWS::SQS::Queue, Condition: Never }
  Here: { Type: AWS::SQS::Queue, Condition: Always, Properties: { DelaySeconds: !If [Never, 1, !Ref AWS::NoValue] } }
Outputs:
  Gone: { Condition: Never, Value: !Ref Gone }";
    let stack = stack(text);
    assert_eq!(stack.queues.iter().map(|queue| queue.id.as_str()).collect::<Vec<_>>(), ["Here"]);
    assert_eq!(stack.outputs, []);
    let referring = text.replace("Condition: Never, Value", "Value");
    assert_eq!(refusal(&referring).to_string(), r#"line 7: there is no resource (its condition does not hold) "Gone""#,);
}
