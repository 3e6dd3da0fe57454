//! DynamoDB where it refuses: conditions, transactions, sizes and pages.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, ConditionCheck, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
    },
};

use super::test_cloud::{TestCloud, quiet};

const LOG: &str = "
  Log:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: log
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: stream, AttributeType: S }, { AttributeName: version, AttributeType: N }]
      KeySchema: [{ AttributeName: stream, KeyType: HASH }, { AttributeName: version, KeyType: RANGE }]
";

/// Only where nothing stands.
const FREE: &str = "attribute_not_exists(version)";

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: usize) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn item(version: usize, what: &str) -> Put {
    let put = Put::builder().table_name("log").item("stream", text("order-1")).item("version", number(version));
    put.item("what", text(what)).condition_expression(FREE).build().unwrap()
}

async fn append(test_cloud: &TestCloud, version: usize, what: &str) {
    let put = test_cloud.dynamo.put_item().table_name("log").set_item(Some(item(version, what).item));
    put.condition_expression(FREE).send().await.unwrap();
}

async fn what(test_cloud: &TestCloud, version: usize) -> Option<String> {
    let get =
        test_cloud.dynamo.get_item().table_name("log").key("stream", text("order-1")).key("version", number(version));
    let found = get.consistent_read(true).send().await.unwrap().item?;
    found.get("what").and_then(|what| what.as_s().ok()).cloned()
}

#[tokio::test]
async fn a_lost_condition_changes_nothing_and_can_return_the_old_item() {
    let test_cloud = quiet(LOG).await;
    append(&test_cloud, 1, "first").await;
    let lose = async |answer: ReturnValuesOnConditionCheckFailure| {
        let put = test_cloud.dynamo.put_item().table_name("log").set_item(Some(item(1, "second").item));
        let put = put.condition_expression(FREE).return_values_on_condition_check_failure(answer);
        let error = put.send().await.unwrap_err();
        assert_eq!(error.code(), Some("ConditionalCheckFailedException"));
        match error.into_service_error() {
            aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(lost) => lost.item,
            other => panic!("{other}"),
        }
    };
    let old = lose(ReturnValuesOnConditionCheckFailure::AllOld).await.expect("the old item");
    assert_eq!(old.get("what"), Some(&text("first")));
    assert_eq!(lose(ReturnValuesOnConditionCheckFailure::None).await, None);
    assert_eq!(what(&test_cloud, 1).await.as_deref(), Some("first"));
}

#[tokio::test]
async fn a_cancelled_transaction_names_its_reasons_by_index_and_does_nothing() {
    let test_cloud = quiet(LOG).await;
    append(&test_cloud, 2, "there").await;
    let put = |put: Put| TransactWriteItem::builder().put(put).build();
    let telling = Put::builder().table_name("log").set_item(Some(item(2, "new").item)).condition_expression(FREE);
    let telling = telling.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let telling = telling.build().unwrap();
    let check = ConditionCheck::builder().table_name("log").key("stream", text("order-1")).key("version", number(9));
    let check = check.condition_expression("attribute_exists(version)").build().unwrap();
    let transaction = test_cloud.dynamo.transact_write_items().set_transact_items(Some(vec![
        put(item(1, "new")),
        put(telling),
        TransactWriteItem::builder().condition_check(check).build(),
        put(item(3, "new")),
    ]));
    let TransactWriteItemsError::TransactionCanceledException(cancelled) =
        transaction.send().await.unwrap_err().into_service_error()
    else {
        panic!("it is cancelled");
    };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]);
    let old = cancelled.cancellation_reasons().get(1).and_then(|reason| reason.item.clone()).expect("the old item");
    assert_eq!(old.get("what"), Some(&text("there")));
    assert_eq!((what(&test_cloud, 1).await, what(&test_cloud, 3).await), (None, None));
}

#[tokio::test]
async fn a_transaction_has_a_hundred_items_at_the_most_and_none_of_them_twice() {
    let test_cloud = quiet(LOG).await;
    let transaction = async |versions: Vec<usize>| {
        let items = versions.into_iter().map(|version| TransactWriteItem::builder().put(item(version, "new")).build());
        let sent = test_cloud.dynamo.transact_write_items().set_transact_items(Some(items.collect())).send().await;
        sent.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    assert_eq!(transaction((1..=101).collect()).await, Err("ValidationException".to_owned()));
    assert_eq!(transaction(vec![1, 2, 1]).await, Err("ValidationException".to_owned()));
    assert_eq!(what(&test_cloud, 1).await, None);
    assert_eq!(transaction((1..=100).collect()).await, Ok(()));
}

#[tokio::test]
async fn an_item_has_400_kibibytes_at_the_most() {
    let test_cloud = quiet(LOG).await;
    // The names of attributes count as well; a number of one digit counts two bytes.
    let rest = "stream".len() + "order-1".len() + "version".len() + 2 + "what".len();
    let put = async |bytes: usize| {
        let put =
            test_cloud.dynamo.put_item().table_name("log").set_item(Some(item(1, &"w".repeat(bytes - rest)).item));
        put.send().await.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    assert_eq!(put(409_600).await, Ok(()));
    assert_eq!(put(409_601).await, Err("ValidationException".to_owned()));
}

#[tokio::test]
async fn a_page_ends_at_one_mebibyte_and_may_be_empty_with_a_key() {
    let test_cloud = quiet(LOG).await;
    for version in 1..=5 {
        append(&test_cloud, version, &version.to_string().repeat(300_000)).await;
    }
    let query = || {
        let query = test_cloud.dynamo.query().table_name("log").key_condition_expression("#stream = :stream");
        query.expression_attribute_names("#stream", "stream").expression_attribute_values(":stream", text("order-1"))
    };
    let first = query().send().await.unwrap();
    assert_eq!((first.count, first.last_evaluated_key.is_some()), (3, true), "a fourth would cross the line");
    let rest = query().set_exclusive_start_key(first.last_evaluated_key).send().await.unwrap();
    assert_eq!((rest.count, rest.last_evaluated_key), (2, None));

    let nothing = query().filter_expression("what = :what").expression_attribute_values(":what", text("none"));
    let empty = nothing.limit(2).send().await.unwrap();
    assert_eq!((empty.count, empty.scanned_count, empty.last_evaluated_key.is_some()), (0, 2, true));
}

#[tokio::test]
async fn what_is_written_is_paid_by_the_kibibyte_and_twice_in_a_transaction() {
    let test_cloud = quiet(LOG).await;
    let total = ReturnConsumedCapacity::Total;
    let put = test_cloud.dynamo.put_item().table_name("log").set_item(Some(item(1, &"w".repeat(1_500)).item));
    let alone = put.return_consumed_capacity(total.clone()).send().await.unwrap().consumed_capacity;
    assert_eq!(alone.and_then(|spent| spent.capacity_units), Some(2.0));
    let put = TransactWriteItem::builder().put(item(2, &"w".repeat(1_500))).build();
    let transaction = test_cloud.dynamo.transact_write_items().transact_items(put).return_consumed_capacity(total);
    let together = transaction.send().await.unwrap().consumed_capacity.unwrap_or_default();
    assert_eq!(together.first().and_then(|spent| spent.capacity_units), Some(4.0));
}
