//! Queues have long enough retention periods and visibility timeouts; everything stored is encrypted, with the customer's
//! key where there is one; logs expire.

use serde_json::{Value, json};
use xtask::{repo, template};

use super::{
    assert_none,
    template::{assert_reported, template_of},
};

const FOURTEEN_DAYS: u64 = 14 * 86_400;
/// The visibility timeout covers the function's timeout this many times, as AWS recommends.
const TIMEOUTS: u64 = 6;

#[test]
fn retention_visibility_and_encryption_are_set_everywhere() {
    assert_none(problems(&template_of(&repo::root())));
}

#[test]
fn a_short_retention_and_missing_encryption_are_reported() {
    let stack = template_of(&repo::root());
    let queue = "/Resources/OrderDeadLetters/Properties";
    assert_reported(
        &stack,
        [
            (format!("{queue}/VisibilityTimeout"), json!(179), "6 times"),
            (format!("{queue}/VisibilityTimeout"), Value::Null, "6 times"),
            ("/Globals/Function/Timeout".to_owned(), json!(31), "6 times"),
            (format!("{queue}/MessageRetentionPeriod"), json!(345_600), "14 days"),
            (format!("{queue}/SqsManagedSseEnabled"), json!(false), "SqsManagedSseEnabled"),
            (format!("{queue}/KmsMasterKeyId"), Value::Null, "KmsMasterKeyId"),
            (
                "/Resources/Inbox/Properties/SSESpecification".to_owned(),
                json!({ "SSEEnabled": false }),
                "SSESpecification",
            ),
            ("/Resources/OrderLogGroup/Properties/KmsKeyId".to_owned(), Value::Null, "KmsKeyId"),
            ("/Resources/OrderLogGroup/Properties/RetentionInDays".to_owned(), Value::Null, "RetentionInDays"),
            ("/Resources/Bus/Properties/KmsKeyIdentifier".to_owned(), Value::Null, "KmsKeyIdentifier"),
            ("/Resources/Bus/Properties/DeadLetterConfig".to_owned(), Value::Null, "DeadLetterConfig"),
            ("/Resources/Archive/Properties/RetentionDays".to_owned(), Value::Null, "RetentionDays"),
            ("/Resources/AlarmTopic/Properties/KmsMasterKeyId".to_owned(), Value::Null, "AlarmTopic"),
            ("/Resources/OrderOnPlaceOrder/Properties/LoggingConfig".to_owned(), Value::Null, "LogGroup"),
        ],
        problems,
    );
}

fn problems(stack: &Value) -> Vec<String> {
    let timeout = stack["Globals"]["Function"]["Timeout"].as_u64().unwrap_or(u64::MAX / TIMEOUTS);
    let mut problems = Vec::new();
    for (id, queue) in template::resources(stack, "AWS::SQS::Queue") {
        let properties = &queue["Properties"];
        if properties["VisibilityTimeout"].as_u64().is_none_or(|hidden| hidden < TIMEOUTS * timeout) {
            problems.push(format!("{id} must have a VisibilityTimeout of {TIMEOUTS} times the timeout of {timeout} s"));
        }
        if properties["MessageRetentionPeriod"] != json!(FOURTEEN_DAYS) {
            problems.push(format!("{id} must keep its messages for 14 days: MessageRetentionPeriod: {FOURTEEN_DAYS}"));
        }
    }
    let key = json!({ "Fn::If": ["HasOwnKey", { "Ref": "KeyArn" }, { "Ref": "AWS::NoValue" }] });
    let without = json!({ "Fn::If": ["HasOwnKey", { "Ref": "AWS::NoValue" }, true] });
    let with_key = json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Ref": "KeyArn" } });
    let table = json!({ "Fn::If": ["HasOwnKey", with_key, { "SSEEnabled": true }] });
    for (kind, property, expected) in [
        ("AWS::SQS::Queue", "KmsMasterKeyId", &key),
        ("AWS::SQS::Queue", "SqsManagedSseEnabled", &without),
        ("AWS::DynamoDB::Table", "SSESpecification", &table),
        ("AWS::Logs::LogGroup", "KmsKeyId", &key),
        ("AWS::Logs::LogGroup", "RetentionInDays", &json!({ "Ref": "LogDays" })),
        ("AWS::Events::EventBus", "KmsKeyIdentifier", &key),
        // An event that the bus cannot encrypt goes to a dead-letter queue of the same account.
        ("AWS::Events::EventBus", "DeadLetterConfig", &json!({ "Arn": { "Fn::GetAtt": ["RelayDeadLetters", "Arn"] } })),
        ("AWS::Events::Archive", "KmsKeyIdentifier", &key),
        ("AWS::Events::Archive", "RetentionDays", &json!({ "Ref": "ArchiveDays" })),
        ("AWS::SNS::Topic", "KmsMasterKeyId", &key),
    ] {
        let bad = template::resources(stack, kind).filter(|(_, it)| it["Properties"][property] != *expected);
        problems.extend(bad.map(|(id, _)| format!("{id} must have {property}: {expected}")));
    }
    let functions = functions::routes().into_iter().map(|it| (repo::logical_id(&it.function()), it.context));
    for (id, context) in functions.chain([("Relay".to_owned(), "relay")]) {
        let group = &stack["Resources"][&id]["Properties"]["LoggingConfig"]["LogGroup"];
        let expected = repo::log_group_of(context);
        if *group != json!({ "Ref": expected }) {
            problems.push(format!("{id} must have\n      LoggingConfig: {{ LogGroup: !Ref {expected} }}"));
        }
    }
    problems
}
