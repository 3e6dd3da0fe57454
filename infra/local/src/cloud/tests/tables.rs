//! Tables with a changed template: changes in place, refused changes, and removed tables.

use dynoxide::{
    Database,
    actions::{describe_time_to_live::DescribeTimeToLiveRequest, put_item::PutItemRequest, query::QueryRequest},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Fixture, LETTERS};
use crate::cloud::{Cloud, tables};

fn table(attributes: &str, rest: &str) -> String {
    format!(
        "
  Views:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: views
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{attributes}]
      KeySchema: [{{ AttributeName: row, KeyType: HASH }}]
{rest}"
    )
}

const ROW: &str = "{ AttributeName: row, AttributeType: S }";
const LISTED: &str = "{ AttributeName: row, AttributeType: S }, { AttributeName: list, AttributeType: S }";
const BY_LIST: &str = "      GlobalSecondaryIndexes:
        - IndexName: by-list
          KeySchema: [{ AttributeName: list, KeyType: HASH }]
          Projection: { ProjectionType: KEYS_ONLY }
";

pub(super) fn request<R: DeserializeOwned>(body: Value) -> R {
    serde_json::from_value(body).unwrap()
}

pub(super) fn database(cloud: &Cloud) -> &Database {
    &cloud.services().database
}

fn describe(cloud: &Cloud, table: &str) -> Value {
    tables::describe(database(cloud), table).unwrap().unwrap_or_default()
}

fn expires_by(cloud: &Cloud) -> Option<String> {
    let request = DescribeTimeToLiveRequest { table_name: "views".to_owned() };
    database(cloud).describe_time_to_live(request).unwrap().time_to_live_description.attribute_name
}

fn listed(cloud: &Cloud, list: &str) -> usize {
    let asked: QueryRequest = request(json!({
        "TableName": "views", "IndexName": "by-list", "KeyConditionExpression": "#l = :l",
        "ExpressionAttributeNames": { "#l": "list" }, "ExpressionAttributeValues": { ":l": { "S": list } },
    }));
    database(cloud).query(asked).unwrap().count
}

fn put(cloud: &Cloud, item: Value) {
    let request: PutItemRequest = request(json!({ "TableName": "views", "Item": item }));
    database(cloud).put_item(request).unwrap();
}

#[tokio::test]
async fn an_index_is_added_changed_and_removed_and_the_items_stay() {
    let fixture = Fixture::new();
    let cloud = fixture.start(&table(ROW, "")).await;
    put(&cloud, json!({ "row": { "S": "r-1" }, "list": { "S": "open" }, "rank": { "S": "1" } }));
    let cloud = fixture.restart(cloud, &table(LISTED, BY_LIST)).await;
    assert_eq!(listed(&cloud, "open"), 1);
    cloud.stop().await;
    let ranked = format!("{LISTED}, {{ AttributeName: rank, AttributeType: S }}");
    let by_rank = BY_LIST.replace("HASH }]", "HASH }, { AttributeName: rank, KeyType: RANGE }]");
    let cloud = fixture.start(&table(&ranked, &by_rank)).await;
    let keys = describe(&cloud, "views")["GlobalSecondaryIndexes"][0]["KeySchema"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert_eq!(listed(&cloud, "open"), 1);
    let cloud = fixture.restart(cloud, &table(ROW, "")).await;
    assert_eq!(describe(&cloud, "views")["GlobalSecondaryIndexes"], Value::Null);
    assert_eq!(describe(&cloud, "views")["ItemCount"], 1);
}

#[tokio::test]
async fn an_index_of_the_user_stays_when_stream_and_ttl_change() {
    let fixture = Fixture::new();
    let cloud = fixture.start(&table(ROW, "")).await;
    let index = json!({ "IndexName": "mine", "KeySchema": [{ "AttributeName": "list", "KeyType": "HASH" }],
                        "Projection": { "ProjectionType": "ALL" } });
    let update = json!({
        "TableName": "views", "AttributeDefinitions": [{ "AttributeName": "list", "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": index }],
    });
    database(&cloud).update_table(request(update)).unwrap();
    cloud.stop().await;
    let streaming = "      StreamSpecification: { StreamViewType: NEW_IMAGE }
      TimeToLiveSpecification: { AttributeName: expires, Enabled: true }\n";
    let cloud = fixture.start(&table(ROW, streaming)).await;
    assert_eq!(describe(&cloud, "views")["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
    assert_eq!(expires_by(&cloud).as_deref(), Some("expires"));
    cloud.stop().await;
    let other = streaming.replace("NEW_IMAGE", "NEW_AND_OLD_IMAGES").replace("expires", "ends");
    let cloud = fixture.start(&table(ROW, &other)).await;
    assert_eq!(describe(&cloud, "views")["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(expires_by(&cloud).as_deref(), Some("ends"));
    let cloud = fixture.restart(cloud, &table(ROW, "")).await;
    assert_ne!(describe(&cloud, "views")["StreamSpecification"]["StreamEnabled"], true);
    assert_eq!(expires_by(&cloud), None);
    assert_eq!(describe(&cloud, "views")["GlobalSecondaryIndexes"][0]["IndexName"], "mine");
}

#[tokio::test]
async fn a_changed_key_is_refused_before_anything_is_changed() {
    let fixture = Fixture::new();
    fixture.start(&format!("{LETTERS}{}", table(ROW, ""))).await.stop().await;
    for (attributes, present) in [
        ("{ AttributeName: row, AttributeType: N }", "row N HASH"),
        ("{ AttributeName: line, AttributeType: S }", "line S HASH"),
    ] {
        let other = table(attributes, "").replace("[{ AttributeName: row, KeyType", "[{ AttributeName: NAME, KeyType");
        let name = present.split(' ').next().unwrap();
        let refusal = fixture.refusal(&other.replace("NAME", name)).await;
        for text in ["line 3", "the key of the table views", "row S HASH", present, "--fresh", "--data"] {
            assert!(refusal.contains(text), "{text}: {refusal}");
        }
    }
    let cloud = fixture.start(&format!("{LETTERS}{}", table(ROW, ""))).await;
    assert_eq!(cloud.queue_names().await, ["letters"]);
    assert_eq!(describe(&cloud, "views")["TableName"], "views");
}

#[tokio::test]
async fn changed_local_indexes_are_refused() {
    let fixture = Fixture::new();
    let base = "
  Views:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: views
      AttributeDefinitions: [{ AttributeName: row, AttributeType: S }, { AttributeName: at, AttributeType: N }EXTRA]
      KeySchema: [{ AttributeName: row, KeyType: HASH }, { AttributeName: at, KeyType: RANGE }]
";
    fixture.start(&base.replace("EXTRA", "")).await.stop().await;
    let local = "      LocalSecondaryIndexes:
        - IndexName: by-rank
          KeySchema: [{ AttributeName: row, KeyType: HASH }, { AttributeName: rank, KeyType: RANGE }]
          Projection: { ProjectionType: ALL }
";
    let more = base.replace("EXTRA", ", { AttributeName: rank, AttributeType: S }");
    let refusal = fixture.refusal(&format!("{more}{local}")).await;
    assert!(refusal.contains("the local indexes of the table views"), "{refusal}");
    assert!(refusal.contains("by-rank (row S HASH, rank S RANGE; ALL)") && refusal.contains("none"), "{refusal}");
}

#[tokio::test]
async fn a_removed_table_is_deleted_unless_its_policy_retains_it() {
    let fixture = Fixture::new();
    let kept = |policy: &str, name: &str| {
        let table = table(ROW, "")
            .replace("Views:", &format!("{name}:"))
            .replace("TableName: views", &format!("TableName: {}", name.to_lowercase()));
        table.replace("    Properties:", &format!("{policy}    Properties:"))
    };
    let all = [
        kept("", "Plain"),
        kept("    DeletionPolicy: Delete\n", "Deleted"),
        kept("    DeletionPolicy: Retain\n", "Retained"),
        kept("    DeletionPolicy: RetainExceptOnCreate\n", "Excepted"),
        kept("    UpdateReplacePolicy: Retain\n", "Replaceable"),
    ];
    fixture.start(&format!("{LETTERS}{}", all.concat())).await.stop().await;
    let cloud = fixture.start(LETTERS).await;
    let there =
        ["plain", "deleted", "retained", "excepted", "replaceable"].map(|name| !describe(&cloud, name).is_null());
    assert_eq!(there, [false, false, true, true, false]);
}

#[tokio::test]
async fn a_renamed_table_leaves_the_old_one_as_its_policy_says() {
    let fixture = Fixture::new();
    let named = |name: &str, policy: &str| {
        let table = table(ROW, "").replace("TableName: views", &format!("TableName: {name}"));
        table.replace("    Properties:", &format!("    UpdateReplacePolicy: {policy}\n    Properties:"))
    };
    fixture.start(&named("first", "Retain")).await.stop().await;
    fixture.start(&named("second", "Delete")).await.stop().await;
    let cloud = fixture.start(&named("third", "Delete")).await;
    let there = ["first", "second", "third"].map(|name| !describe(&cloud, name).is_null());
    assert_eq!(there, [true, false, true]);
}
