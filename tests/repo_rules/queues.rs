//! Every queue keeps its messages long enough and hides them long enough; what is kept is encrypted, with a key of
//! one's own where one is given; lines are not kept for ever.

use serde_json::{Value, json};
use xtask::{repo, template};

use super::{
    nothing_wrong,
    page::{self, planted_at},
};

const FOURTEEN_DAYS: u64 = 14 * 86_400;
/// A message that a function works on stays hidden over its retries.
const TIMEOUTS_HIDDEN: u64 = 6;

#[test]
fn messages_are_kept_and_hidden_long_enough_and_all_is_encrypted() {
    nothing_wrong(problems(&page::stack(&repo::root())));
}

#[test]
fn what_is_kept_too_short_or_in_the_clear_is_seen() {
    let stack = page::stack(&repo::root());
    let queue = "/Resources/OrderDeadLetters/Properties";
    for (pointer, planted, wanted) in [
        (format!("{queue}/VisibilityTimeout"), json!(179), "6 times"),
        (format!("{queue}/VisibilityTimeout"), Value::Null, "6 times"),
        ("/Globals/Function/Timeout".to_owned(), json!(31), "6 times"),
        (format!("{queue}/MessageRetentionPeriod"), json!(345_600), "14 days"),
        (format!("{queue}/SqsManagedSseEnabled"), json!(false), "SqsManagedSseEnabled"),
        (format!("{queue}/KmsMasterKeyId"), Value::Null, "KmsMasterKeyId"),
        ("/Resources/Inbox/Properties/SSESpecification".to_owned(), json!({ "SSEEnabled": false }), "SSESpecification"),
        ("/Resources/OrderLogGroup/Properties/KmsKeyId".to_owned(), Value::Null, "KmsKeyId"),
        ("/Resources/OrderLogGroup/Properties/RetentionInDays".to_owned(), Value::Null, "RetentionInDays"),
        ("/Resources/Bus/Properties/KmsKeyIdentifier".to_owned(), Value::Null, "KmsKeyIdentifier"),
        ("/Resources/Bus/Properties/DeadLetterConfig".to_owned(), Value::Null, "DeadLetterConfig"),
        ("/Resources/Archive/Properties/RetentionDays".to_owned(), Value::Null, "RetentionDays"),
        ("/Resources/AlarmTopic/Properties/KmsMasterKeyId".to_owned(), Value::Null, "AlarmTopic"),
        ("/Resources/OrderOnPlaceOrder/Properties/LoggingConfig".to_owned(), Value::Null, "LogGroup"),
    ] {
        let problems = problems(&planted_at(&stack, &pointer, planted)).join("\n");
        assert!(problems.contains(wanted), "{pointer}: {problems}");
    }
}

fn problems(stack: &Value) -> Vec<String> {
    let timeout = stack["Globals"]["Function"]["Timeout"].as_u64().unwrap_or(u64::MAX / TIMEOUTS_HIDDEN);
    let mut problems = Vec::new();
    for (id, queue) in template::resources(stack, "AWS::SQS::Queue") {
        let properties = &queue["Properties"];
        if properties["VisibilityTimeout"].as_u64().is_none_or(|hidden| hidden < TIMEOUTS_HIDDEN * timeout) {
            problems.push(format!("{id} must hide a message for {TIMEOUTS_HIDDEN} times the timeout of {timeout} s"));
        }
        if properties["MessageRetentionPeriod"] != json!(FOURTEEN_DAYS) {
            problems.push(format!("{id} must keep a letter for 14 days: MessageRetentionPeriod: {FOURTEEN_DAYS}"));
        }
    }
    let key = json!({ "Fn::If": ["HasOwnKey", { "Ref": "KeyArn" }, { "Ref": "AWS::NoValue" }] });
    let without = json!({ "Fn::If": ["HasOwnKey", { "Ref": "AWS::NoValue" }, true] });
    let with_key = json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": { "Ref": "KeyArn" } });
    let table = json!({ "Fn::If": ["HasOwnKey", with_key, { "SSEEnabled": true }] });
    for (kind, property, wanted) in [
        ("AWS::SQS::Queue", "KmsMasterKeyId", &key),
        ("AWS::SQS::Queue", "SqsManagedSseEnabled", &without),
        ("AWS::DynamoDB::Table", "SSESpecification", &table),
        ("AWS::Logs::LogGroup", "KmsKeyId", &key),
        ("AWS::Logs::LogGroup", "RetentionInDays", &json!({ "Ref": "LogDays" })),
        ("AWS::Events::EventBus", "KmsKeyIdentifier", &key),
        // What a bus cannot encrypt goes nowhere but to a queue of its own.
        ("AWS::Events::EventBus", "DeadLetterConfig", &json!({ "Arn": { "Fn::GetAtt": ["RelayDeadLetters", "Arn"] } })),
        ("AWS::Events::Archive", "KmsKeyIdentifier", &key),
        ("AWS::Events::Archive", "RetentionDays", &json!({ "Ref": "ArchiveDays" })),
        ("AWS::SNS::Topic", "KmsMasterKeyId", &key),
    ] {
        let bad = template::resources(stack, kind).filter(|(_, it)| it["Properties"][property] != *wanted);
        problems.extend(bad.map(|(id, _)| format!("{id} must have {property}: {wanted}")));
    }
    let lines = page::lines().into_iter().map(|line| (repo::logical_id(&line.function()), line.context));
    for (id, context) in lines.chain([("Relay".to_owned(), "relay".to_owned())]) {
        let group = &stack["Resources"][&id]["Properties"]["LoggingConfig"]["LogGroup"];
        let wanted = repo::log_group_of(&context);
        if *group != json!({ "Ref": wanted }) {
            problems.push(format!("{id} must have\n      LoggingConfig: {{ LogGroup: !Ref {wanted} }}"));
        }
    }
    problems
}
