//! Unknown operations and unreadable requests are refused in the form of each protocol.

use axum::http::StatusCode;

use crate::http::{
    LARGEST_BODY,
    tests::{Answer, Server},
};

/// The status, and the code without its namespace.
fn code(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = body["__type"].as_str().unwrap_or(answer.header("x-amzn-errortype"));
    (answer.status.as_u16(), code.rsplit('#').next().unwrap().to_owned())
}

#[tokio::test]
async fn an_unknown_operation_is_refused_by_its_service() {
    let server = Server::open([]).await;
    let unknown = (400, "UnknownOperationException".to_owned());
    for target in
        ["DynamoDB_20120810.Fly", "DynamoDBStreams_20120810.Fly", "AWSEvents.Fly", "Kinesis_20131202.Put", "x"]
    {
        assert_eq!(code(&server.target(target, "{}").await), unknown, "{target}");
    }
    let queues = server.target("AmazonSQS.Fly", "{}").await;
    assert_eq!(code(&queues), unknown);
    assert_eq!(queues.header("x-amzn-query-error"), "UnknownOperationException;Sender");
}

#[tokio::test]
async fn an_unknown_path_or_method_is_refused() {
    let server = Server::open([]).await;
    let paths = [
        ("GET", "/"),
        ("GET", "/2018-10-31/layers"),
        ("PATCH", "/schedules/o-1"),
        ("POST", "/schedules"),
        ("DELETE", "/2018-10-31/layers"),
        ("POST", "/_causeway/health"),
    ];
    for (method, path) in paths {
        let answer = server.send(method, path, &[], "").await;
        assert_eq!(code(&answer), (400, "UnknownOperationException".to_owned()), "{method} {path}");
        assert!(answer.json()["message"].as_str().unwrap().contains(path), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_unknown_action_of_the_query_protocol_is_refused_in_xml() {
    let server = Server::open([]).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let answer = server.send("POST", "/", &form, "Action=%3CFly%3E&Version=2010-05-08").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::BAD_REQUEST, "text/xml"));
    assert!(answer.body.contains("<Code>InvalidAction</Code>"), "{}", answer.body);
    assert!(answer.body.contains("The action &lt;Fly&gt; is not valid"), "{}", answer.body);
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_everywhere() {
    let server = Server::open([]).await;
    let malformed = (400, "SerializationException".to_owned());
    for body in ["{\"Entries\": [", "nonsense", "{} {}"] {
        for target in ["DynamoDB_20120810.ListTables", "AWSEvents.PutEvents", "AmazonSQS.ListQueues"] {
            assert_eq!(code(&server.target(target, body).await), malformed, "{target} {body}");
        }
        for path in ["/schedules/o-1", "/v2/email/outbound-emails", "/_causeway/tick"] {
            assert_eq!(code(&server.send("POST", path, &[], body).await), malformed, "{path} {body}");
        }
        let invoke = server.send("POST", "/2015-03-31/functions/reserve/invocations", &[], body).await;
        assert_eq!(code(&invoke), (400, "InvalidRequestContentException".to_owned()), "{body}");
    }
    for target in ["AWSEvents.PutEvents", "AmazonSQS.ListQueues"] {
        assert_eq!(code(&server.target(target, "[]").await), malformed, "{target}");
    }
    let bytes = server.send("POST", "/2015-03-31/functions/reserve/invocations", &[], vec![0xff, 0xfe]).await;
    assert_eq!(code(&bytes), (400, "InvalidRequestContentException".to_owned()));
}

#[tokio::test]
async fn a_body_of_one_byte_too_many_is_refused() {
    let server = Server::open([]).await;
    let fitting = format!("{{}}{}", " ".repeat(LARGEST_BODY - 2));
    assert_eq!(server.target("AmazonSQS.ListQueues", fitting.clone()).await.status, StatusCode::OK);
    for target in ["AmazonSQS.ListQueues", "DynamoDB_20120810.ListTables"] {
        let refused = server.target(target, format!("{fitting} ")).await;
        assert_eq!(code(&refused), (413, "RequestEntityTooLargeException".to_owned()), "{target}");
    }
}

#[tokio::test]
async fn a_missing_queue_is_refused_under_both_of_its_names() {
    let server = Server::open([]).await;
    let answer = server.target("AmazonSQS.GetQueueUrl", r#"{"QueueName": "nowhere"}"#).await;
    assert_eq!(code(&answer), (400, "QueueDoesNotExist".to_owned()));
    assert_eq!(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
}
