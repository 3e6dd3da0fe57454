//! Rules, buses, archives and `PutEvents`.

use serde_json::{Value, json};

use super::Fact;

const QUEUE: &str = "arn:aws:sqs:eu-central-1:000000000000:q";

fn event() -> Value {
    json!({
        "id": "1", "account": "000000000000", "source": "shop", "time": "2026-11-21T05:00:00Z",
        "region": "eu-central-1", "detail-type": "OrderPlaced", "detail": {},
    })
}

fn test_of(event: String) -> Value {
    json!({ "EventPattern": r#"{"source": ["shop"]}"#, "Event": event })
}

#[tokio::test]
async fn an_event_is_tested_without_resources() {
    let fact = Fact::recorded().await;
    fact.answers("AWSEvents.TestEventPattern", test_of(event().to_string()), json!({ "Result": true })).await;
}

#[tokio::test]
async fn an_event_is_tested_only_as_an_object_with_an_id() {
    let fact = Fact::recorded().await;
    let mut without_id = event();
    without_id.as_object_mut().unwrap().remove("id");
    for event in [without_id.to_string(), "[]".to_owned(), r#""text""#.to_owned(), "no json".to_owned()] {
        let answer = fact.server.target("AWSEvents.TestEventPattern", test_of(event.clone()).to_string()).await;
        assert_eq!(answer.json()["message"], "Parameter Event is not valid.", "{event}");
        assert_eq!(answer.json()["__type"], "ValidationException");
    }
}

fn entry_without(field: &str) -> Value {
    let mut entry = json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": "{}" });
    entry.as_object_mut().unwrap().remove(field);
    entry
}

fn failed(field: &str) -> Value {
    let message = format!("Parameter {field} is not valid. Reason: {field} is a required argument.");
    json!({ "ErrorCode": "InvalidArgument", "ErrorMessage": message })
}

#[tokio::test]
async fn a_single_entry_without_a_field_fails_alone() {
    let fact = Fact::recorded().await;
    for field in ["Source", "DetailType", "Detail"] {
        let expected = json!({ "FailedEntryCount": 1, "Entries": [failed(field)] });
        fact.answers("AWSEvents.PutEvents", json!({ "Entries": [entry_without(field)] }), expected).await;
    }
}

#[tokio::test]
async fn several_entries_without_a_field_fail_one_by_one() {
    let reason = "one such entry is recorded to fail alone, although the documentation lets the whole request fail";
    let fact = Fact::assumed(reason).await;
    let entries = json!([entry_without("Source"), entry_without("Detail")]);
    let expected = json!({ "FailedEntryCount": 2, "Entries": [failed("Source"), failed("Detail")] });
    fact.answers("AWSEvents.PutEvents", json!({ "Entries": entries }), expected).await;
}

#[tokio::test]
async fn too_many_entries_are_shown_in_the_error() {
    let fact = Fact::recorded().await;
    let entry = json!({ "Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "b" });
    let shown = "PutEventsRequestEntry(time=null, source=s, resources=null, detailType=d, detail={}, eventBusName=b, \
                 traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)";
    let sentence = format!(
        "1 validation error detected: Value '[{}]' at 'entries' failed to satisfy constraint: Member must have length \
         less than or equal to 10",
        [shown; 11].join(", ")
    );
    let error = (400, "ValidationException", sentence.as_str());
    fact.refuses("AWSEvents.PutEvents", json!({ "Entries": vec![entry; 11] }), error).await;
}

#[tokio::test]
async fn a_rule_knows_who_created_it() {
    let fact = Fact::recorded().await;
    fact.call("AWSEvents.PutRule", json!({ "Name": "r", "EventPattern": r#"{"source": ["shop"]}"# })).await;
    let expected = json!({
        "Name": "r", "Arn": "arn:aws:events:eu-central-1:000000000000:rule/r", "State": "ENABLED",
        "EventBusName": "default", "EventPattern": r#"{"source": ["shop"]}"#, "CreatedBy": "000000000000",
    });
    fact.answers("AWSEvents.DescribeRule", json!({ "Name": "r" }), expected).await;
}

#[tokio::test]
async fn a_created_bus_returns_its_description() {
    let fact = Fact::recorded().await;
    let arn = "arn:aws:events:eu-central-1:000000000000:event-bus/b";
    let expected = json!({ "EventBusArn": arn, "Description": "text" });
    fact.answers("AWSEvents.CreateEventBus", json!({ "Name": "b", "Description": "text" }), expected).await;
}

#[tokio::test]
async fn archives_of_an_unknown_bus_are_not_listed() {
    let fact = Fact::recorded().await;
    let source = "arn:aws:events:eu-central-1:000000000000:event-bus/none";
    let error = (400, "ResourceNotFoundException", "Event bus none does not exist.");
    fact.refuses("AWSEvents.ListArchives", json!({ "EventSourceArn": source }), error).await;
}

#[tokio::test]
async fn an_archive_is_not_updated_by_its_name_alone() {
    let fact = Fact::recorded().await;
    let source = "arn:aws:events:eu-central-1:000000000000:event-bus/default";
    fact.call("AWSEvents.CreateArchive", json!({ "ArchiveName": "a", "EventSourceArn": source })).await;
    let answer = fact.server.target("AWSEvents.UpdateArchive", r#"{"ArchiveName": "a"}"#).await;
    assert_eq!(answer.json()["__type"], "ValidationException");
}

#[tokio::test]
async fn the_times_of_a_replay_are_checked_before_its_destination() {
    let fact = Fact::recorded().await;
    let replay = json!({
        "ReplayName": "r", "EventSourceArn": "arn:aws:events:eu-central-1:000000000000:archive/none",
        "EventStartTime": 2, "EventEndTime": 1, "Destination": { "Arn": "nothing" },
    });
    let sentence = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.";
    fact.refuses("AWSEvents.StartReplay", replay, (400, "ValidationException", sentence)).await;
}

#[tokio::test]
async fn targets_are_listed_in_the_order_in_which_they_were_put() {
    let fact = Fact::recorded().await;
    fact.call("AWSEvents.PutRule", json!({ "Name": "r", "EventPattern": r#"{"source": ["shop"]}"# })).await;
    let target = |id: &str| json!({ "Id": id, "Arn": QUEUE });
    for targets in [json!([target("c"), target("a")]), json!([target("b"), target("c")])] {
        fact.call("AWSEvents.PutTargets", json!({ "Rule": "r", "Targets": targets })).await;
    }
    let page = fact.call("AWSEvents.ListTargetsByRule", json!({ "Rule": "r", "Limit": 2 })).await;
    assert_eq!(page["Targets"], json!([target("c"), target("a")]));
    let rest = json!({ "Rule": "r", "NextToken": page["NextToken"] });
    fact.answers("AWSEvents.ListTargetsByRule", rest, json!({ "Targets": [target("b")] })).await;
}

#[tokio::test]
async fn the_token_of_a_page_is_opaque() {
    let fact = Fact::recorded().await;
    for name in ["rule-one", "rule-two"] {
        fact.call("AWSEvents.PutRule", json!({ "Name": name, "EventPattern": r#"{"source": ["shop"]}"# })).await;
        fact.queue(name, json!({})).await;
    }
    let rules = fact.call("AWSEvents.ListRules", json!({ "Limit": 1 })).await;
    let queues = fact.call("AmazonSQS.ListQueues", json!({ "MaxResults": 1 })).await;
    for token in [&rules["NextToken"], &queues["NextToken"]] {
        assert!(token.as_str().is_some_and(|token| !token.contains("rule-one")), "{token}");
    }
    let next = fact.call("AWSEvents.ListRules", json!({ "NextToken": rules["NextToken"] })).await;
    assert_eq!((next["Rules"][0]["Name"].as_str(), next["NextToken"].as_str()), (Some("rule-two"), None));
    let next = fact.call("AmazonSQS.ListQueues", json!({ "NextToken": queues["NextToken"] })).await;
    assert_eq!(next["QueueUrls"].as_array().unwrap().len(), 1);
    assert_eq!(fact.server.target("AWSEvents.ListRules", r#"{"NextToken": "rule-one"}"#).await.status.as_u16(), 400);
}

#[tokio::test]
async fn several_broken_constraints_are_one_error() {
    let fact = Fact::recorded().await;
    fact.call("AWSEvents.PutRule", json!({ "Name": "r", "EventPattern": r#"{"source": ["shop"]}"# })).await;
    let one = "Value '!@#' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression \
               pattern: [\\.\\-_A-Za-z0-9]+";
    let put = |ids: &[&str]| {
        let targets: Vec<_> = ids.iter().map(|id| json!({ "Id": id, "Arn": QUEUE })).collect();
        json!({ "Rule": "r", "Targets": targets })
    };
    let sentence = format!("1 validation error detected: {one}");
    fact.refuses("AWSEvents.PutTargets", put(&["!@#"]), (400, "ValidationException", &sentence)).await;
    let other = one.replace("!@#", "a b").replace("targets.1", "targets.2");
    let sentence = format!("2 validation errors detected: {one}; {other}");
    fact.refuses("AWSEvents.PutTargets", put(&["!@#", "a b"]), (400, "ValidationException", &sentence)).await;
}
