//! A function that is fed from a table's stream: in the order of the changes, and from the first record on that it
//! did not do.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_json::{Value, json};

use super::test_cloud::{Act, TestCloud, Try, quiet, test_cloud};

/// A table whose stream feeds the function, with these properties of the mapping.
pub(super) fn resources(mapping: &str) -> String {
    format!(
        "
  Failures: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: failures }} }}
  Log:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: log
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{{ AttributeName: place, AttributeType: N }}]
      KeySchema: [{{ AttributeName: place, KeyType: HASH }}]
      StreamSpecification: {{ StreamViewType: NEW_IMAGE }}
  Relay:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: relay
      Events:
        Commits:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Log.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 100
            DestinationConfig: {{ OnFailure: {{ Type: SQS, Destination: !GetAtt Failures.Arn }} }}
            {mapping}
"
    )
}

pub(super) const REPORTS: &str = "FunctionResponseTypes: [ReportBatchItemFailures]";

fn item(place: usize, what: &str) -> Put {
    let put = Put::builder().table_name("log").item("place", AttributeValue::N(place.to_string()));
    put.item("what", AttributeValue::S(what.to_owned())).build().unwrap()
}

/// Writes these in one transaction, so that one batch holds them all.
pub(super) async fn write(test_cloud: &TestCloud, all: &[&str]) {
    let puts = all.iter().enumerate().map(|(place, what)| TransactWriteItem::builder().put(item(place, what)).build());
    test_cloud.dynamo.transact_write_items().set_transact_items(Some(puts.collect())).send().await.unwrap();
}

fn records(one: &Try) -> &Vec<Value> {
    one.payload["Records"].as_array().unwrap()
}

pub(super) fn told(one: &Try) -> Vec<&str> {
    records(one).iter().map(|record| record["dynamodb"]["NewImage"]["what"]["S"].as_str().unwrap()).collect()
}

pub(super) fn sequence_number(one: &Try, what: &str) -> String {
    let place = told(one).iter().position(|told| *told == what).unwrap();
    records(one)[place]["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()
}

/// An answer that names this record as failed.
fn failed(one: &Try, what: &str) -> Act {
    Act::Answer(json!({ "batchItemFailures": [{ "itemIdentifier": sequence_number(one, what) }] }))
}

/// The tries of a test_cloud, by what they were told.
pub(super) fn all_told(tries: &[Try]) -> Vec<Vec<&str>> {
    tries.iter().map(told).collect()
}

#[tokio::test]
async fn a_record_of_a_stream_says_what_changed_where_and_in_which_order() {
    let test_cloud = quiet(&resources("")).await;
    write(&test_cloud, &["placed"]).await;
    let one = test_cloud.tries(1).await.pop().unwrap();
    let [record] = records(&one).as_slice() else { panic!("one record: {one:?}") };
    let constants =
        ["eventName", "eventVersion", "eventSource", "awsRegion"].map(|name| record[name].as_str().unwrap());
    assert_eq!(constants, ["INSERT", "1.1", "aws:dynamodb", "us-east-1"]);
    let table = TestCloud::arn("dynamodb", "table/log/stream/");
    assert!(record["eventSourceARN"].as_str().unwrap().starts_with(&table), "{record}");
    let change = &record["dynamodb"];
    assert_eq!(change["Keys"], json!({ "place": { "N": "0" } }));
    assert_eq!(change["NewImage"], json!({ "place": { "N": "0" }, "what": { "S": "placed" } }));
    assert_eq!((change.get("OldImage"), &change["StreamViewType"]), (None, &json!("NEW_IMAGE")));
    assert!(change["SequenceNumber"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    assert!(change["ApproximateCreationDateTime"].is_number() && change["SizeBytes"].as_u64() > Some(0));
    assert!(record["eventID"].as_str().is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn the_changes_of_an_item_come_in_their_order_and_each_of_them_once() {
    let test_cloud = quiet(&resources("")).await;
    for what in ["one", "two", "three"] {
        let put = test_cloud.dynamo.put_item().table_name("log").set_item(Some(item(7, what).item));
        put.send().await.unwrap();
    }
    let (mut seen, mut wanted) = (Vec::new(), 1);
    while seen.last() != Some(&"three".to_owned()) {
        let tries = test_cloud.tries(wanted).await;
        seen = all_told(&tries).concat().into_iter().map(str::to_owned).collect();
        wanted = tries.len() + 1;
    }
    assert_eq!(seen, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_partial_answer_brings_the_stream_back_to_the_first_record_that_failed() {
    let script = |one: &Try, number| if number == 1 { failed(one, "two") } else { Act::Answer(Value::Null) };
    let test_cloud = test_cloud(&resources(REPORTS), script).await;
    write(&test_cloud, &["one", "two", "three"]).await;
    test_cloud.tries(1).await;
    test_cloud.pass(60).await;
    let tries = test_cloud.tries(2).await;
    assert_eq!(all_told(&tries), [vec!["one", "two", "three"], vec!["two", "three"]]);
    assert_eq!(test_cloud.count("failures").await, 0);
}

#[tokio::test]
async fn a_stream_batch_with_an_unknown_identifier_comes_again_whole() {
    let unknown = json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] });
    let script = move |_: &Try, number| Act::Answer(if number == 1 { unknown.clone() } else { Value::Null });
    let test_cloud = test_cloud(&resources(REPORTS), script).await;
    write(&test_cloud, &["one", "two"]).await;
    test_cloud.tries(1).await;
    test_cloud.pass(60).await;
    assert_eq!(all_told(&test_cloud.tries(2).await), [["one", "two"], ["one", "two"]]);
}

#[tokio::test]
async fn what_the_filter_of_a_mapping_does_not_want_never_comes() {
    let filter = "FilterCriteria: { Filters: [{ Pattern: '{\"eventName\":[\"INSERT\"]}' }] }";
    let test_cloud = quiet(&resources(filter)).await;
    write(&test_cloud, &["placed"]).await;
    test_cloud.tries(1).await;
    let key = AttributeValue::N("0".to_owned());
    test_cloud.dynamo.delete_item().table_name("log").key("place", key).send().await.unwrap();
    let put = test_cloud.dynamo.put_item().table_name("log").set_item(Some(item(1, "confirmed").item));
    put.send().await.unwrap();
    assert_eq!(all_told(&test_cloud.tries(2).await), [["placed"], ["confirmed"]]);
}
