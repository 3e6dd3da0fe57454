//! The log records of a bus, as readers of the activity feed see them.

use serde_json::{Value, json};

use super::{Fixture, LETTERS};
use crate::idle::Idle;

/// The log records of a bus while one event is delivered, one matches no rule, and one is dead-lettered.
async fn logged(config: &str) -> Vec<Value> {
    let fixture = Fixture::new();
    let cloud = fixture
        .start(&format!(
            "
  Shop: {{ Type: AWS::Events::EventBus, Properties: {{ Name: shop, LogConfig: {config} }} }}
{LETTERS}  Placed:
    Type: AWS::Events::Rule
    Properties:
      Name: placed
      EventBusName: !Ref Shop
      EventPattern: {{ detail-type: [OrderPlaced] }}
      Targets: [{{ Id: letters, Arn: !GetAtt Letters.Arn }}]
  Lost:
    Type: AWS::Events::Rule
    Properties:
      Name: lost
      EventBusName: !Ref Shop
      EventPattern: {{ detail-type: [Lost] }}
      Targets: [{{ Id: gone, Arn: 'arn:aws:sqs:us-east-1:000000000000:gone', DeadLetterConfig: {{ Arn: !GetAtt Letters.Arn }} }}]
"
        ))
        .await;
    let mut feed = cloud.feed();
    let entry =
        |kind: &str| json!({ "EventBusName": "shop", "Source": "s", "DetailType": kind, "Detail": "{\"a\":1}" });
    cloud.events("PutEvents", json!({ "Entries": [entry("OrderPlaced"), entry("Nothing"), entry("Lost")] })).await;
    // The activity of one event is in order, that of several is mixed. It is complete after both deliveries and the
    // unmatched event.
    let (mut lines, mut ends) = (Vec::new(), 0);
    while ends < 3 {
        let activity: Value = serde_json::from_str(&feed.recv().await.unwrap()).unwrap();
        let is_end = activity["kind"] == "delivery" || activity["event"]["detail-type"] == "Nothing";
        ends += usize::from(is_end);
        if activity["kind"] == "busLog" {
            lines.push(activity);
        }
    }
    // An unmatched event is published by a thread of its own, followed by its log records.
    while !cloud.observer.is_idle(fixture.clock.now()).await {
        tokio::task::yield_now().await;
    }
    while let Ok(text) = feed.try_recv() {
        lines.extend(serde_json::from_str::<Value>(&text).ok().filter(|activity| activity["kind"] == "busLog"));
    }
    lines
}

fn kinds(lines: &[Value]) -> Vec<String> {
    let kind = |line: &Value| {
        let line = &line["line"];
        format!("{} {}", line["log_level"].as_str().unwrap(), line["message_type"].as_str().unwrap())
    };
    let mut kinds: Vec<String> = lines.iter().map(kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

const ERRORS: [&str; 2] = ["ERROR INVOCATION_ATTEMPT_PERMANENT_FAILURE", "ERROR INVOCATION_DLQ"];
const INFOS: [&str; 5] = [
    "INFO EVENT_INGEST_SUCCESS",
    "INFO INVOCATION_START",
    "INFO INVOCATION_SUCCESS",
    "INFO NO_STANDARD_RULES_MATCHED",
    "INFO RULE_MATCH",
];
const TRACES: [&str; 4] = [
    "TRACE EVENT_RECEIPT",
    "TRACE INVOCATION_ATTEMPT_START",
    "TRACE INVOCATION_ATTEMPT_SUCCESS",
    "TRACE RULE_MATCH_START",
];

#[tokio::test]
async fn each_log_level_includes_the_one_before() {
    assert_eq!(kinds(&logged("{ Level: ERROR }").await), ERRORS);
    assert_eq!(kinds(&logged("{ Level: INFO }").await), [&ERRORS[..], &INFOS].concat());
    assert_eq!(kinds(&logged("{ Level: TRACE }").await), [&ERRORS[..], &INFOS, &TRACES].concat());
}

#[tokio::test]
async fn a_bus_without_a_log_level_logs_nothing() {
    assert!(logged("{ Level: 'OFF', IncludeDetail: FULL }").await.is_empty());
    assert!(logged("!Ref AWS::NoValue").await.is_empty());
}

#[tokio::test]
async fn a_record_has_bus_rule_target_and_error_and_the_detail_only_on_request() {
    let plain = logged("{ Level: TRACE }").await;
    assert!(plain.iter().all(|line| line["line"]["details"].get("event_detail").is_none()));
    let full = logged("{ Level: TRACE, IncludeDetail: FULL }").await;
    let of = |kind: &str| {
        let found = full.iter().find(|line| line["line"]["message_type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} in {full:#?}"))["line"].clone()
    };
    assert_eq!(of("EVENT_INGEST_SUCCESS")["details"]["event_detail"], r#"{"a":1}"#);
    assert_eq!(of("EVENT_INGEST_SUCCESS")["resource_arn"], "arn:aws:events:us-east-1:000000000000:event-bus/shop");
    let dead = of("INVOCATION_DLQ");
    assert_eq!(dead["details"]["rule_arn"], "arn:aws:events:us-east-1:000000000000:rule/shop/lost");
    assert_eq!(dead["details"]["target_arn"], "arn:aws:sqs:us-east-1:000000000000:gone");
    assert_eq!((&dead["details"]["total_attempts"], &dead["error"]["aws_service"]), (&json!(1), &json!("sqs")));
    let matched = full.iter().find(|line| line["line"]["message_type"] == "RULE_MATCH").unwrap();
    assert!(matched["line"]["details"]["rule_arn"].as_str().unwrap().contains(":rule/shop/"));
    assert_eq!(matched["line"]["message_timestamp_ms"], 1_795_237_200_000_i64);
}
