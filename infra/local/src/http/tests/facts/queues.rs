//! Standard queues and what all queues have in common.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Fact;

async fn send(fact: &Fact, url: &str, body: &str) {
    fact.call("AmazonSQS.SendMessage", json!({ "QueueUrl": url, "MessageBody": body })).await;
}

async fn attributes(fact: &Fact, url: &str) -> Value {
    let body = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
    fact.call("AmazonSQS.GetQueueAttributes", body).await["Attributes"].clone()
}

async fn set(fact: &Fact, url: &str, attributes: Value) {
    fact.call("AmazonSQS.SetQueueAttributes", json!({ "QueueUrl": url, "Attributes": attributes })).await;
}

#[tokio::test]
async fn the_visibility_of_an_expired_receive_is_changed() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({ "VisibilityTimeout": "1" })).await;
    send(&fact, &url, "m").await;
    let received = fact.receive(&url).await;
    fact.server.fixture.clock.tick(SignedDuration::from_secs(2));
    let body = json!({ "QueueUrl": url, "ReceiptHandle": received[0]["ReceiptHandle"], "VisibilityTimeout": 30 });
    fact.answers("AmazonSQS.ChangeMessageVisibility", body, json!({})).await;
}

#[tokio::test]
async fn the_handle_of_an_earlier_receive_makes_a_message_visible() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({ "VisibilityTimeout": "1" })).await;
    send(&fact, &url, "m").await;
    let earlier = fact.receive(&url).await;
    fact.server.fixture.clock.tick(SignedDuration::from_secs(2));
    assert_eq!(fact.bodies(&url).await, ["m"]);
    let body = json!({ "QueueUrl": url, "ReceiptHandle": earlier[0]["ReceiptHandle"], "VisibilityTimeout": 0 });
    fact.answers("AmazonSQS.ChangeMessageVisibility", body, json!({})).await;
    assert_eq!(fact.bodies(&url).await, ["m"], "{}", fact.source());
}

#[tokio::test]
async fn a_second_purge_within_a_minute_is_forbidden() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({})).await;
    fact.call("AmazonSQS.PurgeQueue", json!({ "QueueUrl": url })).await;
    let sentence = "Only one PurgeQueue operation on q is allowed every 60 seconds.";
    let error = (403, "AWS.SimpleQueueService.PurgeQueueInProgress", sentence);
    fact.refuses("AmazonSQS.PurgeQueue", json!({ "QueueUrl": url }), error).await;
}

#[tokio::test]
async fn booleans_are_read_in_any_case() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q.fifo", json!({ "FifoQueue": "True", "ContentBasedDeduplication": "TRUE" })).await;
    let found = attributes(&fact, &url).await;
    let found = (&found["FifoQueue"], &found["ContentBasedDeduplication"]);
    assert_eq!(found, (&json!("true"), &json!("true")), "{}", fact.source());
}

#[tokio::test]
async fn message_attributes_are_asked_for_by_star_and_by_prefix() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({ "VisibilityTimeout": "0" })).await;
    let text = json!({ "DataType": "String", "StringValue": "x" });
    let message = json!({
        "QueueUrl": url, "MessageBody": "m", "MessageAttributes": { "order.id": text, "order.kind": text, "øßä": text },
    });
    fact.call("AmazonSQS.SendMessage", message).await;
    for (names, expected) in [
        (json!(["*"]), vec!["order.id", "order.kind", "øßä"]),
        (json!(["All"]), vec!["order.id", "order.kind", "øßä"]),
        (json!(["order.*"]), vec!["order.id", "order.kind"]),
        (json!(["øßä"]), vec!["øßä"]),
    ] {
        let body = json!({ "QueueUrl": url, "MessageAttributeNames": names });
        let received = fact.call("AmazonSQS.ReceiveMessage", body).await;
        let found: Vec<_> =
            received["Messages"][0]["MessageAttributes"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, expected, "{names}, {}", fact.source());
    }
}

#[tokio::test]
async fn a_list_without_a_queue_has_no_urls() {
    let fact = Fact::recorded().await;
    fact.answers("AmazonSQS.ListQueues", json!({ "QueueNamePrefix": "none" }), json!({})).await;
}

#[tokio::test]
async fn the_trace_header_of_a_send_becomes_a_system_attribute() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({})).await;
    let trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1";
    let headers = [("x-amz-target", "AmazonSQS.SendMessage"), ("x-amzn-trace-id", trace)];
    let body = json!({ "QueueUrl": url, "MessageBody": "m" }).to_string();
    let sent = fact.server.send("POST", "/", &headers, body).await.json();
    assert_eq!(sent.get("MD5OfMessageSystemAttributes"), None);
    assert_eq!(fact.receive(&url).await[0]["Attributes"]["AWSTraceHeader"], trace, "{}", fact.source());
}

#[tokio::test]
async fn the_handle_of_a_move_task_names_the_task_and_its_source() {
    let fact = Fact::recorded().await;
    fact.queue("dead", json!({})).await;
    let arn = "arn:aws:sqs:eu-central-1:000000000000:dead";
    let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 1 }).to_string();
    fact.queue("q", json!({ "RedrivePolicy": policy })).await;
    let started = fact.call("AmazonSQS.StartMessageMoveTask", json!({ "SourceArn": arn })).await;
    let handle = STANDARD.decode(started["TaskHandle"].as_str().unwrap()).unwrap();
    let handle: Value = serde_json::from_slice(&handle).unwrap();
    assert_eq!(handle["sourceArn"], arn, "{}", fact.source());
    assert!(handle["taskId"].is_string() && handle.as_object().unwrap().len() == 2);
    let running = fact.call("AmazonSQS.ListMessageMoveTasks", json!({ "SourceArn": arn })).await;
    assert_eq!(running["Results"][0]["TaskHandle"], started["TaskHandle"]);
    let cancel = |handle: &str| json!({ "TaskHandle": handle });
    let other = STANDARD.encode(json!({ "taskId": "none", "sourceArn": arn }).to_string());
    for (handle, error) in [
        ("malformed", (400, "InvalidParameterValue", "Value malformed for parameter TaskHandle is invalid.")),
        (&other, (404, "ResourceNotFoundException", "Task does not exist.")),
    ] {
        fact.refuses("AmazonSQS.CancelMessageMoveTask", cancel(handle), error).await;
    }
    let sentence = "The resource that you specified for the SourceArn parameter doesn't exist.";
    let none = json!({ "SourceArn": format!("{arn}-none") });
    fact.refuses("AmazonSQS.StartMessageMoveTask", none, (404, "ResourceNotFoundException", sentence)).await;
}

#[tokio::test]
async fn two_errors_have_another_type_in_the_body_than_in_the_header() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({})).await;
    for (body, header, kind) in [
        (json!({ "QueueUrl": url }), "MissingParameter;Sender", "MissingRequiredParameterException"),
        (
            json!({ "QueueUrl": url, "MessageBody": "m", "DelaySeconds": 901 }),
            "InvalidParameterValue;Sender",
            "InvalidParameterValueException",
        ),
    ] {
        let answer = fact.server.target("AmazonSQS.SendMessage", body.to_string()).await;
        let found = (answer.header("x-amzn-query-error").to_owned(), answer.json()["__type"].clone());
        assert_eq!(found, (header.to_owned(), json!(kind)), "{}", fact.source());
    }
}

#[tokio::test]
async fn a_queue_is_encrypted_by_its_key_or_by_sqs() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({})).await;
    set(&fact, &url, json!({ "KmsMasterKeyId": "key", "KmsDataKeyReusePeriodSeconds": "600" })).await;
    let found = attributes(&fact, &url).await;
    let found =
        ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"].map(|name| found[name].clone());
    assert_eq!(found, ["key", "600", "false"], "{}", fact.source());
    set(&fact, &url, json!({ "KmsMasterKeyId": "" })).await;
    assert_eq!(attributes(&fact, &url).await.get("KmsDataKeyReusePeriodSeconds"), None, "{}", fact.source());
    let both = json!({ "QueueUrl": url, "Attributes": { "KmsMasterKeyId": "key", "SqsManagedSseEnabled": "true" } });
    let sentence =
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
    fact.refuses("AmazonSQS.SetQueueAttributes", both, (400, "InvalidAttributeName", sentence)).await;
}

#[tokio::test]
async fn the_ids_of_entries_are_checked_in_every_batch_call() {
    let fact = Fact::recorded().await;
    let url = fact.queue("q", json!({})).await;
    let sentence = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most \
                    80 letters long.";
    for operation in ["SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"] {
        let entry = |id: &str| json!({ "Id": id, "MessageBody": "m", "ReceiptHandle": "h", "VisibilityTimeout": 0 });
        let batch = |entries: Value| json!({ "QueueUrl": url, "Entries": entries });
        let target = format!("AmazonSQS.{operation}");
        let invalid = (400, "AWS.SimpleQueueService.InvalidBatchEntryId", sentence);
        fact.refuses(&target, batch(json!([entry("a b")])), invalid).await;
        let repeated = (400, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id a repeated.");
        fact.refuses(&target, batch(json!([entry("a"), entry("a")])), repeated).await;
    }
}
