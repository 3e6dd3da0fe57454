//! The input transformers of targets.

use serde_json::{Value, json};

use super::Fact;

const DETAIL: &str = r#"{"o": {"acc": "0a", "sf": "baz"}, "l": ["A", "B"], "s": "text"}"#;

/// Puts a target with this template.
async fn put(fact: &Fact, template: &str) -> Value {
    fact.queue("q", json!({})).await;
    fact.call("AWSEvents.PutRule", json!({ "Name": "r", "EventPattern": r#"{"source": ["shop"]}"# })).await;
    let paths = json!({ "o": "$.detail.o", "l": "$.detail.l", "s": "$.detail.s" });
    let transformer = json!({ "InputPathsMap": paths, "InputTemplate": template });
    let target = json!({
        "Id": "T", "Arn": "arn:aws:sqs:eu-central-1:000000000000:q", "InputTransformer": transformer,
    });
    json!({ "Rule": "r", "Targets": [target] })
}

/// What an event is delivered as under this template.
async fn delivered(fact: &Fact, template: &str) -> Vec<String> {
    let targets = put(fact, template).await;
    fact.call("AWSEvents.PutTargets", targets).await;
    let entry = json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": DETAIL });
    fact.call("AWSEvents.PutEvents", json!({ "Entries": [entry] })).await;
    fact.server.fixture.settle().await;
    fact.bodies("q").await
}

#[tokio::test]
async fn an_object_inside_the_quotes_of_json_is_not_delivered() {
    let fact = Fact::recorded().await;
    assert_eq!(delivered(&fact, r#"{"payload": "<o>"}"#).await, [""; 0], "{}", fact.source());
}

#[tokio::test]
async fn an_object_outside_of_quotes_is_json() {
    let fact = Fact::documented("the EventBridge user guide, input transformation").await;
    let expected = r#"{"payload": {"acc":"0a","sf":"baz"}, "text": "text"}"#;
    assert_eq!(delivered(&fact, r#"{"payload": <o>, "text": "<s>"}"#).await, [expected], "{}", fact.source());
}

#[tokio::test]
async fn objects_and_lists_in_a_text_lose_their_quotes() {
    let fact = Fact::recorded().await;
    let expected = r#""of {acc:0a,sf:baz} and [A,B]""#;
    assert_eq!(delivered(&fact, r#""of <o> and <l>""#).await, [expected], "{}", fact.source());
}

#[tokio::test]
async fn two_quoted_lines_are_delivered() {
    let fact = Fact::recorded().await;
    let expected = "\"one text\"\n\"two\"";
    assert_eq!(delivered(&fact, "\"one <s>\"\n\"two\"").await, [expected], "{}", fact.source());
}

#[tokio::test]
async fn the_event_without_its_detail_has_a_detail_type_in_camel_case() {
    let fact = Fact::recorded().await;
    let delivered = delivered(&fact, r#"{"event": <aws.events.event>, "json": <aws.events.event.json>}"#).await;
    let delivered: Value = serde_json::from_str(&delivered[0]).unwrap();
    assert_eq!(delivered["event"]["detailType"], "OrderPlaced", "{}", fact.source());
    assert_eq!(delivered["event"].get("detail-type").or(delivered["event"].get("detail")), None);
    assert_eq!(delivered["json"]["detail-type"], "OrderPlaced");
}

#[tokio::test]
async fn an_unknown_placeholder_is_refused() {
    let fact = Fact::recorded().await;
    let targets = put(&fact, r#"{"a": <unknown>}"#).await;
    let sentence = "InputTemplate for target T contains invalid placeholder unknown.";
    fact.refuses("AWSEvents.PutTargets", targets, (400, "ValidationException", sentence)).await;
}
