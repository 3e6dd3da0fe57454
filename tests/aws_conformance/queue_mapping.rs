//! A function that is fed from a queue: what it does not do comes back when its visibility ends, and at last moves to
//! the dead letters of the queue.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde_json::{Value, json};

use super::test_cloud::{Act, TestCloud, Try, test_cloud};

/// The answers to a batch count only where the mapping says so.
fn resources(mapping: &str) -> String {
    format!(
        "
  Letters: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: letters }} }}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: 180
      RedrivePolicy: {{ deadLetterTargetArn: !GetAtt Letters.Arn, maxReceiveCount: 3 }}
  Pack:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: pack
      Timeout: 30
      Events:
        Jobs: {{ Type: SQS, Properties: {{ Queue: !GetAtt Jobs.Arn, BatchSize: 10{mapping} }} }}
"
    )
}

const REPORTS: &str = ", FunctionResponseTypes: [ReportBatchItemFailures]";

/// Sends these bodies so that one batch holds them all.
async fn send(test_cloud: &TestCloud, bodies: &[&str]) {
    let entries = bodies.iter().enumerate().map(|(number, body)| {
        let entry = SendMessageBatchRequestEntry::builder().id(format!("e-{number}")).message_body(*body);
        entry.build().unwrap()
    });
    let url = test_cloud.sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url;
    let send = test_cloud.sqs.send_message_batch().set_queue_url(url).set_entries(Some(entries.collect()));
    assert_eq!(send.send().await.unwrap().failed(), []);
}

fn bodies(one: &Try) -> Vec<&str> {
    let records = one.payload["Records"].as_array().unwrap().iter();
    records.map(|record| record["body"].as_str().unwrap()).collect()
}

/// An answer that names the messages with this body as failed.
fn failed(one: &Try, body: &str) -> Act {
    let records = one.payload["Records"].as_array().unwrap().iter().filter(|record| record["body"] == body);
    let failures: Vec<Value> = records.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect();
    Act::Answer(json!({ "batchItemFailures": failures }))
}

/// What was tried at the beginning, and what came back when the visibility ended.
async fn twice(test_cloud: &TestCloud) -> [Vec<String>; 2] {
    test_cloud.tries(1).await;
    test_cloud.pass(179).await;
    assert_eq!(test_cloud.settled_tries().await, 1, "nothing comes back before its time");
    test_cloud.pass(1).await;
    test_cloud.tries(2).await;
    let tries = test_cloud.tries(2).await;
    let [first, second] = tries.as_slice() else { panic!("two tries: {tries:?}") };
    [first, second].map(|one| bodies(one).into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn a_queue_batch_that_fails_returns_whole_when_its_visibility_ends_and_in_the_end_moves_to_the_dead_letters() {
    let test_cloud = test_cloud(&resources(REPORTS), |_, _| Act::Fail("Broken", "the scales are broken")).await;
    send(&test_cloud, &["one", "two", "three"]).await;
    let [first, second] = twice(&test_cloud).await;
    assert_eq!((&first, first.len()), (&second, 3));
    test_cloud.pass(180).await;
    test_cloud.tries(3).await;
    test_cloud.pass(180).await;
    assert_eq!(
        (test_cloud.settled_tries().await, test_cloud.count("jobs").await, test_cloud.count("letters").await),
        (3, 0, 3)
    );
}

#[tokio::test]
async fn a_queue_batch_that_is_done_is_gone() {
    let test_cloud = test_cloud(&resources(""), |_, _| Act::Answer(Value::Null)).await;
    send(&test_cloud, &["one", "two"]).await;
    test_cloud.tries(1).await;
    assert_eq!((test_cloud.count("jobs").await, test_cloud.count("letters").await), (0, 0));
}

#[tokio::test]
async fn of_a_queue_batch_only_those_return_that_the_answer_names() {
    let script = |one: &Try, number| if number == 1 { failed(one, "two") } else { Act::Answer(Value::Null) };
    let test_cloud = test_cloud(&resources(REPORTS), script).await;
    send(&test_cloud, &["one", "two", "three"]).await;
    let [first, second] = twice(&test_cloud).await;
    assert_eq!((first, second), (vec!["one".into(), "two".into(), "three".into()], vec!["two".into()]));
    assert_eq!(test_cloud.count("jobs").await, 0);
}

#[tokio::test]
async fn a_queue_batch_with_an_unknown_or_an_empty_identifier_returns_whole() {
    let untrusted = [
        json!({ "batchItemFailures": [{ "itemIdentifier": "no-such-message" }] }),
        json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
        json!({ "batchItemFailures": [{ "itemIdentifier": null }] }),
        json!({ "batchItemFailures": [{}] }),
    ];
    for answer in untrusted {
        let said = answer.clone();
        let script = move |_: &Try, number| Act::Answer(if number == 1 { said.clone() } else { Value::Null });
        let test_cloud = test_cloud(&resources(REPORTS), script).await;
        send(&test_cloud, &["one", "two"]).await;
        assert_eq!(twice(&test_cloud).await, [["one", "two"], ["one", "two"]], "{answer}");
        assert_eq!(test_cloud.count("jobs").await, 0);
    }
}

#[tokio::test]
async fn an_answer_that_names_nothing_means_that_all_is_done() {
    for answer in [Value::Null, json!({}), json!({ "batchItemFailures": [] }), json!({ "batchItemFailures": null })] {
        let said = answer.clone();
        let test_cloud = test_cloud(&resources(REPORTS), move |_, _| Act::Answer(said.clone())).await;
        send(&test_cloud, &["one", "two"]).await;
        test_cloud.tries(1).await;
        assert_eq!(test_cloud.count("jobs").await, 0, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_about_items_is_not_read_unless_the_mapping_says_so() {
    let test_cloud = test_cloud(&resources(""), |one, _| failed(one, "two")).await;
    send(&test_cloud, &["one", "two"]).await;
    test_cloud.tries(1).await;
    assert_eq!(test_cloud.count("jobs").await, 0);
}
