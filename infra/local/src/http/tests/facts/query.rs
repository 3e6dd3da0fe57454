//! The query protocol, and queues by `GET`.

use axum::http::StatusCode;
use serde_json::json;

use super::Fact;
use crate::http::tests::Answer;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];

async fn post(fact: &Fact, path: &str, form: &str) -> Answer {
    fact.server.send("POST", path, &FORM, format!("{form}&Version=2012-11-05")).await
}

/// The texts of all elements with this name.
fn texts<'a>(answer: &'a Answer, element: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    answer.body.split(&begin).skip(1).filter_map(|rest| rest.split(&end).next()).collect()
}

#[tokio::test]
async fn a_message_is_sent_received_and_deleted_in_the_query_protocol() {
    let fact = Fact::documented("the API reference of SQS, query API").await;
    let made =
        post(&fact, "/", "Action=CreateQueue&QueueName=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=40")
            .await;
    let url = texts(&made, "QueueUrl")[0].to_owned();
    assert!(
        made.body.contains("<CreateQueueResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"),
        "{}",
        made.body
    );
    assert_eq!(made.header("content-type"), "text/xml");
    let path = url.strip_prefix(&format!("http://{}", fact.server.address)).unwrap().to_owned();
    let send = "Action=SendMessage&MessageBody=a%20%26%20b&MessageAttribute.1.Name=kind&MessageAttribute.1.Value.DataType=String\
                &MessageAttribute.1.Value.StringValue=x";
    let sent = post(&fact, &path, send).await;
    let received = post(&fact, &path, "Action=ReceiveMessage&AttributeName.1=All&MessageAttributeName.1=All").await;
    assert_eq!(texts(&received, "Body"), ["a &amp; b"], "{}", received.body);
    assert_eq!(texts(&received, "MessageId"), texts(&sent, "MessageId"));
    assert_eq!(texts(&received, "MD5OfMessageAttributes"), texts(&sent, "MD5OfMessageAttributes"));
    assert_eq!(texts(&received, "StringValue"), ["x"]);
    assert!(received.body.contains("<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>"));
    let handle = texts(&received, "ReceiptHandle")[0].to_owned();
    let handle: String = form_urlencoded::byte_serialize(handle.as_bytes()).collect();
    let deleted = post(&fact, "/", &format!("Action=DeleteMessage&QueueUrl={url}&ReceiptHandle={handle}")).await;
    assert!(deleted.body.contains("<DeleteMessageResponse") && !deleted.body.contains("Result>"), "{}", deleted.body);
    let counted = post(&fact, &path, "Action=GetQueueAttributes&AttributeName=All").await;
    for (name, value) in [("VisibilityTimeout", "40"), ("ApproximateNumberOfMessagesNotVisible", "0")] {
        let expected = format!("<Attribute><Name>{name}</Name><Value>{value}</Value></Attribute>");
        assert!(counted.body.contains(&expected), "{}", counted.body);
    }
}

#[tokio::test]
async fn a_batch_in_the_query_protocol_has_a_result_for_each_entry() {
    let fact = Fact::documented("the API reference of SQS, SendMessageBatch").await;
    let url = fact.queue("q", json!({})).await;
    let entry = |number: u32, id: &str, body: &str| {
        format!(
            "SendMessageBatchRequestEntry.{number}.Id={id}&SendMessageBatchRequestEntry.{number}.MessageBody={body}"
        )
    };
    let form = format!("Action=SendMessageBatch&QueueUrl={url}&{}&{}", entry(1, "a", "x"), entry(2, "b", "%01"));
    let answer = post(&fact, "/", &form).await;
    assert_eq!(texts(&answer, "SendMessageBatchResultEntry").len(), 1, "{}", answer.body);
    let failed = texts(&answer, "BatchResultErrorEntry");
    assert!(
        failed[0].contains("<Id>b</Id>") && failed[0].contains("<Code>InvalidMessageContents</Code>"),
        "{failed:?}"
    );
    assert!(failed[0].contains("<SenderFault>true</SenderFault>"), "{failed:?}");
}

#[tokio::test]
async fn an_error_in_the_query_protocol_has_its_code_of_that_protocol() {
    let fact = Fact::recorded().await;
    let answer = post(&fact, "/", "Action=GetQueueUrl&QueueName=none").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let found = (texts(&answer, "Type"), texts(&answer, "Code"), texts(&answer, "Message"));
    let code = vec!["AWS.SimpleQueueService.NonExistentQueue"];
    assert_eq!(found, (vec!["Sender"], code, vec!["The specified queue does not exist."]), "{}", fact.source());
    let wrong = post(&fact, "/000000000000/q", "Action=ReceiveMessage&MaxNumberOfMessages=many").await;
    assert_eq!(texts(&wrong, "Code"), ["InvalidParameterValue"]);
}

#[tokio::test]
async fn a_queue_answers_get_requests_at_its_url() {
    let fact = Fact::recorded().await;
    fact.queue("q", json!({})).await;
    let get = async |query: &str| fact.server.send("GET", &format!("/000000000000/q{query}"), &[], "").await;
    assert_eq!(get("?Action=SendMessage&MessageBody=m").await.status, StatusCode::OK);
    assert_eq!(texts(&get("?Action=ReceiveMessage").await, "Body"), ["m"]);
    let url = texts(&get("?Action=GetQueueUrl&QueueName=q").await, "QueueUrl").len();
    assert_eq!(url, 1);
    let other = get("?Action=ListQueues").await;
    let found = (other.status, texts(&other, "Code"), texts(&other, "Message"));
    let sentence = vec!["The action ListQueues is not valid for this endpoint."];
    assert_eq!(found, (StatusCode::BAD_REQUEST, vec!["InvalidAction"], sentence), "{}", fact.source());
    let none = get("").await;
    assert_eq!((none.status, none.body.trim()), (StatusCode::NOT_FOUND, "<UnknownOperationException/>"));
}

#[tokio::test]
async fn a_role_is_assumed() {
    let fact = Fact::documented("the API reference of STS, AssumeRole").await;
    let form =
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::000000000000:role/path/shop&RoleSessionName=s";
    let answer = fact.server.send("POST", "/", &FORM, form).await;
    let arn = ["arn:aws:sts::000000000000:assumed-role/shop/s"];
    assert_eq!(texts(&answer, "Arn"), arn, "{}", answer.body);
    for element in ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "AssumedRoleId"] {
        assert!(!texts(&answer, element)[0].is_empty(), "{element}");
    }
    let missing = fact.server.send("POST", "/", &FORM, "Action=AssumeRole&Version=2011-06-15").await;
    assert_eq!(texts(&missing, "Code"), ["MissingParameter"]);
}
