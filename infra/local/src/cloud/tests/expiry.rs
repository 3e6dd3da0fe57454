//! Time to live on the cloud's clock, in a folder and in memory, with the stream record of the deletion.

use dynoxide::{
    actions::{
        describe_stream::DescribeStreamRequest,
        get_records::{GetRecordsRequest, Record},
        list_streams::ListStreamsRequest,
        put_item::PutItemRequest,
        query::QueryRequest,
        scan::ScanRequest,
    },
    storage::{ScanParams, Storage},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    Fixture,
    tables::{database, request},
};
use crate::cloud::{Cloud, Store, expiry};

const INBOX: &str = "
  Inbox:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: inbox
      AttributeDefinitions: [{ AttributeName: ticket, AttributeType: S }, { AttributeName: kind, AttributeType: S }]
      KeySchema: [{ AttributeName: ticket, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: by-kind
          KeySchema: [{ AttributeName: kind, KeyType: HASH }]
          Projection: { ProjectionType: ALL }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { AttributeName: expires, Enabled: true }
";

fn put(cloud: &Cloud, ticket: &str, expires: Value) {
    let item = json!({ "ticket": { "S": ticket }, "kind": { "S": "claim" }, "expires": expires });
    let request: PutItemRequest = request(json!({ "TableName": "inbox", "Item": item }));
    database(cloud).put_item(request).unwrap();
}

fn count(cloud: &Cloud) -> (usize, usize) {
    let all: ScanRequest = request(json!({ "TableName": "inbox" }));
    let indexed: QueryRequest = request(json!({
        "TableName": "inbox", "IndexName": "by-kind", "KeyConditionExpression": "kind = :k",
        "ExpressionAttributeValues": { ":k": { "S": "claim" } },
    }));
    (database(cloud).scan(all).unwrap().count, database(cloud).query(indexed).unwrap().count)
}

fn last_record(cloud: &Cloud) -> Record {
    let database = database(cloud);
    let streams =
        database.list_streams(ListStreamsRequest { table_name: Some("inbox".to_owned()), ..Default::default() });
    let stream_arn = streams.unwrap().streams.remove(0).stream_arn;
    let describe = DescribeStreamRequest { stream_arn: stream_arn.clone(), ..Default::default() };
    let shard_id = database.describe_stream(describe).unwrap().stream_description.shards.remove(0).shard_id;
    let oldest = json!({ "StreamArn": stream_arn, "ShardId": shard_id, "ShardIteratorType": "TRIM_HORIZON" });
    let shard_iterator = database.get_shard_iterator(request(oldest)).unwrap().shard_iterator.unwrap();
    database.get_records(GetRecordsRequest { shard_iterator, limit: None }).unwrap().records.pop().unwrap()
}

#[tokio::test]
async fn items_expire_on_the_clock_of_the_cloud() {
    let fixture = Fixture::new();
    for store in [fixture.store(), Store::Memory] {
        let cloud = fixture.start_in(store.clone(), INBOX).await.unwrap();
        let path = (store != Store::Memory).then(|| fixture.folder.path().join("tables.sqlite"));
        let soon = fixture.clock.now() + SignedDuration::from_hours(24);
        put(&cloud, "soon", json!({ "N": soon.as_second().to_string() }));
        put(&cloud, "words", json!({ "S": "0" }));
        for number in 0..60 {
            put(&cloud, &format!("late-{number}"), json!({ "N": (soon.as_second() + 1).to_string() }));
        }
        let once = || expiry::sweep_once(database(&cloud), path.as_deref(), fixture.clock.now()).unwrap();
        assert_eq!((once(), count(&cloud)), (0, (62, 62)));
        // At its second an item is still there. The clock of the machine is months away.
        fixture.clock.tick(SignedDuration::from_hours(24));
        assert_eq!((once(), count(&cloud)), (0, (62, 62)));
        fixture.clock.tick(SignedDuration::from_secs(1));
        assert_eq!((once(), count(&cloud)), (1, (61, 61)));
        let record = serde_json::to_value(last_record(&cloud)).unwrap();
        assert_eq!(record["eventName"], "REMOVE");
        assert_eq!(record["dynamodb"]["Keys"], json!({ "ticket": { "S": "soon" } }));
        assert_eq!(record["dynamodb"]["OldImage"]["kind"], json!({ "S": "claim" }));
        assert_eq!(record["userIdentity"], json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" }));
        fixture.clock.tick(SignedDuration::from_secs(1));
        assert_eq!((once(), count(&cloud)), (60, (1, 1)));
        assert_eq!(once(), 0);
    }
}

#[tokio::test]
async fn streams_continue_after_a_sweep() {
    let fixture = Fixture::new();
    let cloud = fixture.start(INBOX).await;
    put(&cloud, "old", json!({ "N": "1" }));
    let path = fixture.folder.path().join("tables.sqlite");
    assert_eq!(expiry::sweep_once(database(&cloud), Some(&path), fixture.clock.now()).unwrap(), 1);
    let removed = last_record(&cloud).dynamodb.sequence_number;
    put(&cloud, "new", json!({ "N": "99999999999" }));
    let inserted = last_record(&cloud);
    assert_eq!(inserted.event_name, "INSERT");
    assert!(inserted.dynamodb.sequence_number > removed);
}

#[tokio::test]
async fn an_item_whose_ttl_was_extended_is_not_deleted() {
    let fixture = Fixture::new();
    let cloud = fixture.start(INBOX).await;
    put(&cloud, "claim", json!({ "N": "1" }));
    put(&cloud, "other", json!({ "N": "1" }));
    let path = fixture.folder.path().join("tables.sqlite");
    let storage = Storage::new(&path.to_string_lossy()).unwrap();
    let rows = storage.scan_items("inbox", &ScanParams::default()).unwrap();
    let old: Vec<_> = rows.into_iter().map(|(partition, sort, _)| (partition, sort)).collect();
    assert_eq!(old.len(), 2);
    // The lease is renewed between the scan and the deletion.
    put(&cloud, "claim", json!({ "N": "99999999999" }));
    assert_eq!(expiry::delete_expired(&storage, "inbox", &old, fixture.clock.now()).unwrap(), 1);
    assert_eq!(count(&cloud), (1, 1));
    assert_eq!(last_record(&cloud).event_name, "REMOVE");
}
