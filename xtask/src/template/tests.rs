use serde_json::json;

use super::{read, resources};

#[test]
fn short_tags_are_written_out() {
    let template = read("A: !Ref Bus\nB: !GetAtt Queue.Arn\nC: !Sub 'x-${Y}'\nD: !If [Prod, true, 7]\n").unwrap();
    let expected = json!({
        "A": { "Ref": "Bus" }, "B": { "Fn::GetAtt": ["Queue", "Arn"] }, "C": { "Fn::Sub": "x-${Y}" },
        "D": { "Fn::If": ["Prod", true, 7] },
    });
    assert_eq!(template, expected);
}

#[test]
fn resources_are_found_by_their_type() {
    let template = read("Resources:\n  Q: { Type: AWS::SQS::Queue }\n  B: { Type: AWS::Events::EventBus }\n").unwrap();
    let queues: Vec<_> = resources(&template, "AWS::SQS::Queue").map(|(id, _)| id).collect();
    assert_eq!(queues, ["Q"]);
}

#[test]
fn two_documents_are_no_template() {
    assert!(read("A: 1\n---\nB: 2\n").is_err());
}
