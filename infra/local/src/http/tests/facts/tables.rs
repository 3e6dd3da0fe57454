//! DynamoDB and its streams.

use serde_json::{Value, json};

use super::Fact;

const TABLE_ARN: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/orders";

async fn create(fact: &Fact, view: &str) -> Value {
    let body = json!({
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "id", "AttributeType": "S" }, { "AttributeName": "kind", "AttributeType": "S" },
        ],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-kind", "KeySchema": [{ "AttributeName": "kind", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": view },
    });
    fact.call("DynamoDB_20120810.CreateTable", body).await["TableDescription"].clone()
}

fn item(total: &str) -> Value {
    json!({ "id": { "S": "o-1" }, "total": { "N": total }, "lines": { "M": { "a": { "S": "1" }, "b": { "S": "2" } } } })
}

async fn put(fact: &Fact, item: Value) {
    fact.call("DynamoDB_20120810.PutItem", json!({ "TableName": "orders", "Item": item })).await;
}

async fn records(fact: &Fact, table: &Value) -> Vec<Value> {
    let stream = json!({ "StreamArn": table["LatestStreamArn"] });
    let described = fact.call("DynamoDBStreams_20120810.DescribeStream", stream).await;
    let begin = json!({
        "StreamArn": table["LatestStreamArn"], "ShardIteratorType": "TRIM_HORIZON",
        "ShardId": described["StreamDescription"]["Shards"][0]["ShardId"],
    });
    let begin = fact.call("DynamoDBStreams_20120810.GetShardIterator", begin).await;
    let page = json!({ "ShardIterator": begin["ShardIterator"] });
    let first = fact.call("DynamoDBStreams_20120810.GetRecords", page).await;
    let rest = json!({ "ShardIterator": first["NextShardIterator"] });
    let rest = fact.call("DynamoDBStreams_20120810.GetRecords", rest).await;
    assert_eq!(rest["Records"], json!([]), "the next iterator stands behind the page");
    first["Records"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_write_that_changes_nothing_makes_no_record() {
    for view in ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"] {
        let fact = Fact::recorded().await;
        let table = create(&fact, view).await;
        assert_eq!(table["StreamSpecification"]["StreamViewType"], view);
        put(&fact, item("1")).await;
        put(&fact, item("1")).await;
        let update = json!({
            "TableName": "orders", "Key": { "id": { "S": "o-1" } }, "UpdateExpression": "SET #t = :t",
            "ExpressionAttributeNames": { "#t": "total" }, "ExpressionAttributeValues": { ":t": { "N": "1.0" } },
        });
        fact.call("DynamoDB_20120810.UpdateItem", update).await;
        put(&fact, item("2")).await;
        let records = records(&fact, &table).await;
        let names: Vec<_> = records.iter().map(|record| record["eventName"].clone()).collect();
        assert_eq!(names, ["INSERT", "MODIFY"], "{view}, {}", fact.source());
        let modified = &records[1]["dynamodb"];
        assert_eq!(modified["StreamViewType"], view);
        assert_eq!(modified.get("NewImage").is_some(), view.starts_with("NEW"), "{modified}");
        assert_eq!(modified.get("OldImage").is_some(), view.contains("OLD"), "{modified}");
    }
}

#[tokio::test]
async fn the_size_of_a_record_is_that_of_its_attributes() {
    let fact = Fact::recorded().await;
    let table = create(&fact, "NEW_IMAGE").await;
    put(&fact, json!({ "id": { "S": "o-1" }, "text": { "S": "hello" } })).await;
    // The key is 2 + 3 bytes; the image has it again, and 4 + 5 bytes.
    assert_eq!(records(&fact, &table).await[0]["dynamodb"]["SizeBytes"], 19, "{}", fact.source());
}

#[tokio::test]
async fn arns_have_the_region_and_account_of_the_caller() {
    let fact = Fact::recorded().await;
    let table = create(&fact, "NEW_IMAGE").await;
    assert_eq!(table["TableArn"], TABLE_ARN, "{}", fact.source());
    assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexArn"], format!("{TABLE_ARN}/index/by-kind"));
    assert!(table["LatestStreamArn"].as_str().unwrap().starts_with(&format!("{TABLE_ARN}/stream/")));
    put(&fact, item("1")).await;
    assert_eq!(records(&fact, &table).await[0]["awsRegion"], "eu-central-1");
    let listed = fact.call("DynamoDBStreams_20120810.ListStreams", json!({ "TableName": TABLE_ARN })).await;
    assert_eq!(listed["Streams"][0]["StreamArn"], table["LatestStreamArn"]);
}

#[tokio::test]
async fn a_table_is_named_by_its_arn_in_every_call() {
    let fact = Fact::documented("the API reference of DynamoDB, TableName").await;
    create(&fact, "NEW_IMAGE").await;
    let key = json!({ "id": { "S": "o-1" } });
    let source = fact.source();
    fact.call("DynamoDB_20120810.PutItem", json!({ "TableName": TABLE_ARN, "Item": item("1") })).await;
    let got = fact.call("DynamoDB_20120810.GetItem", json!({ "TableName": TABLE_ARN, "Key": key })).await;
    assert_eq!(got["Item"], item("1"), "{source}");
    let batch = json!({ "RequestItems": { TABLE_ARN: { "Keys": [key] } } });
    let got = fact.call("DynamoDB_20120810.BatchGetItem", batch).await;
    assert_eq!(got["Responses"][TABLE_ARN], json!([item("1")]), "{source}");
    let transaction = json!({ "TransactItems": [{ "Put": { "TableName": TABLE_ARN, "Item": item("2") } }] });
    fact.call("DynamoDB_20120810.TransactWriteItems", transaction).await;
    let described = fact.call("DynamoDB_20120810.DescribeTable", json!({ "TableName": TABLE_ARN })).await;
    assert_eq!(described["Table"]["TableName"], "orders", "{source}");
    // An item may have any text, also such an ARN.
    let text = json!({ "id": { "S": TABLE_ARN } });
    fact.call("DynamoDB_20120810.PutItem", json!({ "TableName": "orders", "Item": text })).await;
    let got = fact.call("DynamoDB_20120810.GetItem", json!({ "TableName": "orders", "Key": text })).await;
    assert_eq!(got["Item"], text);
}

#[tokio::test]
async fn a_described_stream_has_its_key_and_an_open_shard() {
    let fact = Fact::recorded().await;
    let table = create(&fact, "NEW_IMAGE").await;
    let stream = json!({ "StreamArn": table["LatestStreamArn"] });
    let described = fact.call("DynamoDBStreams_20120810.DescribeStream", stream).await;
    let described = &described["StreamDescription"];
    assert_eq!(described["KeySchema"], json!([{ "AttributeName": "id", "KeyType": "HASH" }]), "{}", fact.source());
    assert_eq!(described["StreamViewType"], "NEW_IMAGE");
    let range = &described["Shards"][0]["SequenceNumberRange"];
    assert!(range["StartingSequenceNumber"].as_str().is_some_and(|number| (21..=40).contains(&number.len())));
    assert_eq!(range.get("EndingSequenceNumber"), None, "{}", fact.source());
    let after = json!({
        "StreamArn": table["LatestStreamArn"], "ExclusiveStartShardId": described["Shards"][0]["ShardId"],
    });
    let rest = fact.call("DynamoDBStreams_20120810.DescribeStream", after).await;
    assert_eq!(rest["StreamDescription"]["Shards"], json!([]), "{}", fact.source());
}

#[tokio::test]
async fn a_table_is_described_with_its_throughput_and_protection() {
    let fact = Fact::recorded().await;
    assert_eq!(create(&fact, "NEW_IMAGE").await["DeletionProtectionEnabled"], false, "{}", fact.source());
    let described = fact.call("DynamoDB_20120810.DescribeTable", json!({ "TableName": "orders" })).await;
    let warm = json!({ "ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE" });
    assert_eq!(described["Table"]["WarmThroughput"], warm, "{}", fact.source());
    let tags = fact.call("DynamoDB_20120810.ListTagsOfResource", json!({ "ResourceArn": TABLE_ARN })).await;
    assert_eq!(tags["Tags"], json!([]), "the view of the stream is no tag of the caller");
    let deleted = fact.call("DynamoDB_20120810.DeleteTable", json!({ "TableName": "orders" })).await;
    let deleted = &deleted["TableDescription"];
    assert_eq!((&deleted["TableStatus"], &deleted["TableArn"]), (&json!("DELETING"), &json!(TABLE_ARN)));
    assert_eq!(deleted.get("KeySchema").or(deleted.get("AttributeDefinitions")), None, "{}", fact.source());
}

#[tokio::test]
async fn a_failed_condition_has_one_message() {
    let fact = Fact::recorded().await;
    create(&fact, "NEW_IMAGE").await;
    put(&fact, item("1")).await;
    for operation in ["PutItem", "DeleteItem"] {
        let body = json!({
            "TableName": "orders", "Item": item("2"), "Key": { "id": { "S": "o-1" } },
            "ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        let answer = fact.server.target(&format!("DynamoDB_20120810.{operation}"), body.to_string()).await.json();
        assert_eq!(answer["Message"], "The conditional request failed", "{operation}, {}", fact.source());
        assert_eq!((answer.get("message"), &answer["Item"]), (None, &item("1")), "{operation}");
    }
}
