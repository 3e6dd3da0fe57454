//! The services with a target header.

use serde_json::{Value, json};

use crate::http::tests::Server;

fn table(name: &str) -> Value {
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
    })
}

#[tokio::test]
async fn an_item_is_put_and_read_and_the_checksum_fits() {
    let server = Server::open([]).await;
    server.call("DynamoDB_20120810.CreateTable", table("orders")).await;
    let item = json!({ "id": { "S": "o-1" }, "total": { "N": "25.5" } });
    server.call("DynamoDB_20120810.PutItem", json!({ "TableName": "orders", "Item": item })).await;
    let key = json!({ "TableName": "orders", "Key": { "id": { "S": "o-1" } } });
    let answer = server.target("DynamoDB_20120810.GetItem", key.to_string()).await;
    assert_eq!(answer.json()["Item"], item);
    assert_eq!(answer.header("content-type"), "application/x-amz-json-1.0");
    assert_eq!(answer.header("x-amz-crc32"), crc32fast::hash(answer.body.as_bytes()).to_string());
}

#[tokio::test]
async fn a_stream_is_read_by_shard_ids_that_sdks_accept() {
    let server = Server::open([]).await;
    for name in ["abc", "a-table-with-a-rather-long-name"] {
        let made = server.call("DynamoDB_20120810.CreateTable", table(name)).await;
        let stream = made["TableDescription"]["LatestStreamArn"].clone();
        let item = json!({ "TableName": name, "Item": { "id": { "S": "o-1" } } });
        server.call("DynamoDB_20120810.PutItem", item).await;
        let describe = json!({ "StreamArn": stream }).to_string();
        let answer = server.target("DynamoDBStreams_20120810.DescribeStream", describe).await;
        assert_eq!(answer.header("x-amz-crc32"), crc32fast::hash(answer.body.as_bytes()).to_string());
        let shard = answer.json()["StreamDescription"]["Shards"][0]["ShardId"].clone();
        let length = shard.as_str().unwrap().len();
        assert!((28..=65).contains(&length), "{shard}");
        let begin = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let begin = server.call("DynamoDBStreams_20120810.GetShardIterator", begin).await;
        let iterator = json!({ "ShardIterator": begin["ShardIterator"] });
        let records = server.call("DynamoDBStreams_20120810.GetRecords", iterator).await;
        assert_eq!(records["Records"][0]["dynamodb"]["NewImage"], json!({ "id": { "S": "o-1" } }), "{name}");
    }
}

#[tokio::test]
async fn an_event_is_delivered_to_the_queue_of_its_rule() {
    let server = Server::open([]).await;
    let url = server.queue("orders").await;
    let rule = json!({ "Name": "placed", "EventPattern": r#"{"source": ["shop"]}"# });
    server.call("AWSEvents.PutRule", rule).await;
    let target = json!({ "Id": "q", "Arn": "arn:aws:sqs:eu-central-1:000000000000:orders" });
    server.call("AWSEvents.PutTargets", json!({ "Rule": "placed", "Targets": [target] })).await;
    let entry = json!({ "Source": "shop", "DetailType": "OrderPlaced", "Detail": r#"{"order": "o-1"}"# });
    let answer = server.target("AWSEvents.PutEvents", json!({ "Entries": [entry] }).to_string()).await;
    assert_eq!(answer.json()["FailedEntryCount"], 0);
    assert_eq!(answer.header("content-type"), "application/x-amz-json-1.1");
    server.fixture.settle().await;
    let received = server.call("AmazonSQS.ReceiveMessage", json!({ "QueueUrl": url })).await;
    let event: Value = serde_json::from_str(received["Messages"][0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!((&event["detail-type"], &event["detail"]["order"]), (&json!("OrderPlaced"), &json!("o-1")));
}

#[tokio::test]
async fn a_queue_is_also_served_at_its_own_url() {
    let server = Server::open([]).await;
    let url = server.queue("orders").await;
    let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap();
    let body = json!({ "QueueUrl": url, "MessageBody": "o-1" }).to_string();
    let sent = server.send("POST", path, &[("x-amz-target", "AmazonSQS.SendMessage")], body).await;
    assert_eq!(sent.header("content-type"), "application/x-amz-json-1.0");
    let received = server.call("AmazonSQS.ReceiveMessage", json!({ "QueueUrl": url })).await;
    assert_eq!(received["Messages"][0]["Body"], "o-1");
}
