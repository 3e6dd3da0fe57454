use crate::{permissions::matrix, template};

const STACK: &str = r#"
Resources:
  Bus: { Type: AWS::Events::EventBus }
  Baker: { Type: AWS::Serverless::Function, Properties: { Role: !GetAtt Bakes.Arn } }
  Bakes:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: lambda.amazonaws.com } }] }
      ManagedPolicyArns: [!Ref Say, !If [Keyed, !Ref Key, !Ref AWS::NoValue]]
      Policies: [{ PolicyDocument: { Statement: { Effect: Deny, Action: [b:Two, b:One], Resource: !Sub "${Bus}/*" } } }]
  Say: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [
    { Effect: Allow, Action: a:Say, Resource: !GetAtt Bus.Arn, Condition: { StringEquals: { x: [one, two] }, ArnLike: { w: !GetAtt Bus.Arn } } }] } } }
  Key: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [{ Effect: Allow, Action: k:Use, Resource: !Ref KeyArn }] } } }
  Only: { Type: AWS::Events::EventBusPolicy, Properties: { Statement: { Effect: Deny, Principal: "*", Action: a:Say, Resource: !GetAtt Bus.Arn } } }
"#;

#[test]
fn every_right_is_a_line_of_its_own_with_its_condition() {
    let lines = matrix(&template::read(STACK).unwrap());
    let expected = "
Bakes, for lambda.amazonaws.com
  function Baker
  Allow a:Say                        Bus when w ArnLike Bus and x StringEquals one | two
  Allow k:Use                        KeyArn when Keyed
  Deny  b:One                        ${Bus}/*
  Deny  b:Two                        ${Bus}/*

Only
  Deny  a:Say                        Bus to *
";
    assert_eq!(lines.split_once('\n').unwrap().1, expected, "{lines}");
}
