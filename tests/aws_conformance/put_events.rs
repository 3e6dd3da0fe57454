//! `PutEvents`: each entry is answered for itself, and only what is wrong with the whole call fails it.

use aws_sdk_eventbridge::{
    error::ProvideErrorMetadata,
    operation::put_events::PutEventsOutput,
    types::{PutEventsRequestEntry, builders::PutEventsRequestEntryBuilder},
};
use serde_json::json;

use super::test_cloud::{TestCloud, body, quiet};

/// Every event ends in the queue `taken`.
const RESOURCES: &str = "
  Taken: { Type: AWS::SQS::Queue, Properties: { QueueName: taken } }
  Bus: { Type: AWS::Events::EventBus, Properties: { Name: shop } }
  All:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: { account: [!Ref AWS::AccountId] }
      Targets: [{ Id: taken, Arn: !GetAtt Taken.Arn }]
";

pub(super) fn entry(detail_type: &str, detail: &str) -> PutEventsRequestEntryBuilder {
    let entry = PutEventsRequestEntry::builder().event_bus_name("shop").source("shop.orders");
    entry.detail_type(detail_type).detail(detail)
}

fn good() -> PutEventsRequestEntryBuilder {
    entry("OrderPlaced", r#"{"order":"o-1"}"#)
}

async fn put(test_cloud: &TestCloud, entries: Vec<PutEventsRequestEntry>) -> PutEventsOutput {
    test_cloud.events.put_events().set_entries(Some(entries)).send().await.unwrap()
}

/// The code of the refusal of the whole call.
async fn refused(test_cloud: &TestCloud, entries: Vec<PutEventsRequestEntry>) -> String {
    let error = test_cloud.events.put_events().set_entries(Some(entries)).send().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(400));
    error.code().unwrap().to_owned()
}

fn codes(answer: &PutEventsOutput) -> Vec<Option<&str>> {
    answer.entries().iter().map(|entry| entry.error_code()).collect()
}

#[tokio::test]
async fn an_entry_without_a_source_a_detail_type_or_a_detail_fails_alone() {
    let test_cloud = quiet(RESOURCES).await;
    let lacking = [good().set_source(None), good().set_detail_type(None), good().set_detail(None)];
    for entry in lacking {
        let answer = put(&test_cloud, vec![good().build(), entry.build(), good().build()]).await;
        assert_eq!(answer.failed_entry_count(), 1);
        assert_eq!(codes(&answer), [None, Some("InvalidArgument"), None]);
        assert!(answer.entries().first().unwrap().event_id().is_some());
        assert!(answer.entries().get(1).unwrap().event_id().is_none());
    }
    assert_eq!(test_cloud.count("taken").await, 6);
}

#[tokio::test]
async fn entries_that_all_lack_something_fail_one_by_one() {
    let test_cloud = quiet(RESOURCES).await;
    let lacking = vec![good().set_source(None).build(), good().set_detail(None).build()];
    assert_eq!(codes(&put(&test_cloud, lacking).await), [Some("InvalidArgument"), Some("InvalidArgument")]);
}

#[tokio::test]
async fn a_detail_that_is_no_json_object_is_malformed_and_fails_alone() {
    let test_cloud = quiet(RESOURCES).await;
    let details = ["{", "[1]", "\"text\"", "7", "{\"a\":1} {}"];
    let mut entries: Vec<_> = details.iter().map(|detail| entry("OrderPlaced", detail).build()).collect();
    entries.push(good().build());
    let answer = put(&test_cloud, entries).await;
    assert_eq!(answer.failed_entry_count(), 5);
    assert_eq!(codes(&answer), [Some("MalformedDetail"); 5].into_iter().chain([None]).collect::<Vec<_>>());
    assert_eq!(body(&test_cloud.receive("taken").await)["detail"], json!({ "order": "o-1" }));
    assert_eq!(test_cloud.count("taken").await, 1);
}

#[tokio::test]
async fn an_unknown_bus_does_not_fail_the_call() {
    let test_cloud = quiet(RESOURCES).await;
    let elsewhere = [
        "no-such-bus".to_owned(),
        TestCloud::arn("events", "event-bus/no-such-bus"),
        "arn:aws:events:us-east-1:111122223333:event-bus/shop".to_owned(),
    ];
    for bus in elsewhere {
        let answer = put(&test_cloud, vec![good().event_bus_name(&bus).build()]).await;
        assert_eq!((answer.failed_entry_count(), codes(&answer)), (0, vec![None]), "{bus}");
        assert!(answer.entries().first().unwrap().event_id().is_some());
    }
    assert_eq!(test_cloud.count("taken").await, 0);
}

#[tokio::test]
async fn a_call_has_ten_entries_at_the_most_and_one_at_least() {
    let test_cloud = quiet(RESOURCES).await;
    assert_eq!(put(&test_cloud, vec![good().build(); 10]).await.failed_entry_count(), 0);
    assert_eq!(refused(&test_cloud, vec![good().build(); 11]).await, "ValidationException");
    assert_eq!(refused(&test_cloud, Vec::new()).await, "ValidationException");
    assert_eq!(test_cloud.count("taken").await, 10);
}

#[tokio::test]
async fn all_entries_together_are_less_than_one_mebibyte() {
    let test_cloud = quiet(RESOURCES).await;
    // Source and detail-type count too.
    let of_size = |bytes: usize| {
        let rest = "shop.orders".len() + "OrderPlaced".len() + r#"{"order":""}"#.len();
        entry("OrderPlaced", &format!(r#"{{"order":"{}"}}"#, "o".repeat(bytes - rest))).build()
    };
    assert_eq!(put(&test_cloud, vec![of_size(524_288), of_size(524_287)]).await.failed_entry_count(), 0);
    assert_eq!(refused(&test_cloud, vec![of_size(524_288), of_size(524_288)]).await, "ValidationException");
}

#[tokio::test]
async fn a_detail_type_has_128_characters_at_the_most() {
    let test_cloud = quiet(RESOURCES).await;
    let answer = put(&test_cloud, [128, 129].map(|length| entry(&"t".repeat(length), "{}").build()).to_vec()).await;
    assert_eq!(codes(&answer), [None, Some("InvalidArgument")]);
}

#[tokio::test]
async fn the_services_own_sources_are_not_for_others() {
    let test_cloud = quiet(RESOURCES).await;
    let answer = put(&test_cloud, vec![good().source("aws.s3").build(), good().build()]).await;
    assert_eq!(codes(&answer), [Some("NotAuthorizedForSource"), None]);
}
