//! What a template says of the end of its resources.

use crate::template::{
    RetainPolicy,
    tests::{refusal, stack},
};

fn queue(attribute: &str) -> String {
    format!("Resources:\n  Letters:\n    Type: AWS::SQS::Queue\n    {attribute}\n")
}

#[test]
fn a_resource_goes_with_its_place_in_the_template_unless_a_policy_keeps_it() {
    let kept = |when_removed, when_replaced| Some(RetainPolicy { when_removed, when_replaced });
    for (attribute, wanted) in [
        ("Properties: {}", None),
        ("DeletionPolicy: Delete", None),
        ("DeletionPolicy: Retain", kept(true, false)),
        ("DeletionPolicy: RetainExceptOnCreate", kept(true, false)),
        ("UpdateReplacePolicy: Retain", kept(false, true)),
    ] {
        let stack = stack(&queue(attribute));
        assert_eq!(stack.retained.get("Letters").copied(), wanted, "{attribute}");
        assert!(stack.findings.is_empty(), "{attribute}: {:?}", stack.findings);
    }
}

#[test]
fn a_policy_that_is_none_is_refused_with_its_line() {
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
