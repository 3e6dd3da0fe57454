//! Resource policies and tags.

use serde_json::{Value, json};

use super::Fact;

const BUS: &str = "arn:aws:events:eu-central-1:000000000000:event-bus/default";

async fn policy(fact: &Fact) -> Value {
    let described = fact.call("AWSEvents.DescribeEventBus", json!({})).await;
    described["Policy"].as_str().map_or(Value::Null, |policy| serde_json::from_str(policy).unwrap())
}

#[tokio::test]
async fn a_permission_of_a_bus_is_a_statement_of_its_policy() {
    let fact = Fact::documented("the API reference of EventBridge, PutPermission").await;
    let put = json!({ "Action": "events:PutEvents", "Principal": "111122223333", "StatementId": "s" });
    fact.answers("AWSEvents.PutPermission", put, json!({})).await;
    let condition = json!({ "Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1" });
    let all = json!({ "Action": "events:PutEvents", "Principal": "*", "StatementId": "all", "Condition": condition });
    fact.call("AWSEvents.PutPermission", all).await;
    let statement = |id: &str, principal: Value| json!({ "Sid": id, "Effect": "Allow", "Principal": principal, "Action": "events:PutEvents", "Resource": BUS });
    let mut conditional = statement("all", json!("*"));
    conditional["Condition"] = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
    let account = statement("s", json!({ "AWS": "arn:aws:iam::111122223333:root" }));
    let expected = json!({ "Version": "2012-10-17", "Statement": [account, conditional] });
    assert_eq!(policy(&fact).await, expected, "{}", fact.source());
    let none = (400, "ResourceNotFoundException", "Statement with the provided id does not exist.");
    fact.refuses("AWSEvents.RemovePermission", json!({ "StatementId": "none" }), none).await;
    fact.call("AWSEvents.RemovePermission", json!({ "StatementId": "s" })).await;
    assert_eq!(policy(&fact).await["Statement"][0]["Sid"], "all");
    fact.call("AWSEvents.RemovePermission", json!({ "RemoveAllPermissions": true })).await;
    assert_eq!(policy(&fact).await, Value::Null);
    let none = (400, "ResourceNotFoundException", "EventBus does not have a policy.");
    fact.refuses("AWSEvents.RemovePermission", json!({ "StatementId": "s" }), none).await;
}

#[tokio::test]
async fn a_permission_of_a_queue_is_a_statement_of_its_policy() {
    let fact = Fact::documented("the API reference of SQS, AddPermission").await;
    let url = fact.queue("q", json!({})).await;
    let add = json!({ "QueueUrl": url, "Label": "l", "AWSAccountIds": ["111122223333"], "Actions": ["SendMessage"] });
    fact.answers("AmazonSQS.AddPermission", add.clone(), json!({})).await;
    let asked = json!({ "QueueUrl": url, "AttributeNames": ["Policy"] });
    let found = fact.call("AmazonSQS.GetQueueAttributes", asked.clone()).await;
    let found: Value = serde_json::from_str(found["Attributes"]["Policy"].as_str().unwrap()).unwrap();
    let arn = "arn:aws:sqs:eu-central-1:000000000000:q";
    let statement = json!({
        "Sid": "l", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        "Action": "SQS:SendMessage", "Resource": arn,
    });
    let expected =
        json!({ "Version": "2008-10-17", "Id": format!("{arn}/SQSDefaultPolicy"), "Statement": [statement] });
    assert_eq!(found, expected, "{}", fact.source());
    let again = (400, "InvalidParameterValue", "Value l for parameter Label is invalid. Reason: Already exists.");
    fact.refuses("AmazonSQS.AddPermission", add, again).await;
    let remove = json!({ "QueueUrl": url, "Label": "l" });
    fact.answers("AmazonSQS.RemovePermission", remove.clone(), json!({})).await;
    fact.answers("AmazonSQS.GetQueueAttributes", asked, json!({})).await;
    let sentence = "Value l for parameter Label is invalid. Reason: can't find label on existing policy.";
    fact.refuses("AmazonSQS.RemovePermission", remove, (400, "InvalidParameterValue", sentence)).await;
}

#[tokio::test]
async fn rules_and_buses_have_tags() {
    let fact = Fact::documented("the API reference of EventBridge, TagResource").await;
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let rule = json!({ "Name": "r", "EventPattern": r#"{"source": ["shop"]}"#, "Tags": [tag("a", "1")] });
    let rule = fact.call("AWSEvents.PutRule", rule).await["RuleArn"].clone();
    for arn in [rule, json!(BUS)] {
        fact.answers("AWSEvents.TagResource", json!({ "ResourceARN": arn, "Tags": [tag("b", "2")] }), json!({})).await;
        fact.answers("AWSEvents.UntagResource", json!({ "ResourceARN": arn, "TagKeys": ["a"] }), json!({})).await;
        let expected = json!({ "Tags": [tag("b", "2")] });
        fact.answers("AWSEvents.ListTagsForResource", json!({ "ResourceARN": arn }), expected).await;
    }
    let none = json!({ "ResourceARN": "arn:aws:events:eu-central-1:000000000000:rule/none" });
    let error = (400, "ResourceNotFoundException", "Rule none does not exist on EventBus default.");
    fact.refuses("AWSEvents.ListTagsForResource", none, error).await;
}
