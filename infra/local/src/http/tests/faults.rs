//! Injected faults, as callers of each service see them.

use std::sync::{Arc, Mutex};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use crate::{
    faults::{Fault, Faults},
    http::tests::Server,
};

async fn server(faults: &str) -> Server {
    Server::with([], Faults::read([faults], 7).unwrap()).await
}

#[tokio::test]
async fn a_throttled_call_gets_the_error_of_its_service_and_is_not_executed() {
    let server = server("throttle=1").await;
    for (target, code) in [
        ("DynamoDB_20120810.PutItem", "ProvisionedThroughputExceededException"),
        ("DynamoDB_20120810.CreateTable", "ThrottlingException"),
        ("AWSEvents.PutEvents", "ThrottlingException"),
        ("AmazonSQS.CreateQueue", "RequestThrottled"),
    ] {
        let answer = server.target(target, r#"{"QueueName": "orders"}"#).await;
        assert_eq!(
            (answer.status, answer.json()["__type"].as_str()),
            (StatusCode::BAD_REQUEST, Some(code)),
            "{target}"
        );
    }
    let queue = server.target("AmazonSQS.CreateQueue", r#"{"QueueName": "orders"}"#).await;
    assert_eq!(queue.header("x-amzn-query-error"), "RequestThrottled;Sender");
    for (method, path, code) in [
        ("GET", "/schedules", "ThrottlingException"),
        ("POST", "/2015-03-31/functions/reserve/invocations", "TooManyRequestsException"),
        ("POST", "/v2/email/outbound-emails", "TooManyRequestsException"),
    ] {
        let answer = server.send(method, path, &[], "{}").await;
        let seen = (answer.status, answer.header("x-amzn-errortype"));
        assert_eq!(seen, (StatusCode::TOO_MANY_REQUESTS, code), "{path}");
    }
    assert_eq!(server.fixture.invocation_count(), 0);
}

#[tokio::test]
async fn a_failed_call_gets_the_error_of_its_service_or_503() {
    let server = server("error=1").await;
    let mut codes = std::collections::BTreeSet::new();
    for _ in 0..32 {
        let answer = server.target("DynamoDB_20120810.GetItem", "{}").await;
        assert!(answer.status.is_server_error());
        codes.insert((answer.status.as_u16(), answer.json()["__type"].as_str().unwrap().to_owned()));
    }
    let seen: Vec<_> = codes.iter().map(|(status, code)| (*status, code.as_str())).collect();
    assert_eq!(seen, [(500, "InternalServerError"), (503, "ServiceUnavailable")]);
}

#[tokio::test]
async fn a_call_with_a_lost_answer_is_executed_and_gets_no_response() {
    let server = server("lost-answer@lambda=1").await;
    let uri = format!("http://{}/2015-03-31/functions/reserve/invocations", server.address);
    let lost = Request::builder().method("POST").uri(uri).body(Body::from("{}")).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    // The caller may see a status before the connection breaks, but never a body.
    if let Ok(response) = client.request(lost).await {
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(to_bytes(Body::new(response.into_body()), usize::MAX).await.is_err());
    }
    assert_eq!(server.fixture.invocation_count(), 1);
}

#[tokio::test]
async fn the_paths_of_the_local_cloud_itself_have_no_faults() {
    let server = server("throttle=1,error=1,lost-answer=1").await;
    server.path("GET", "/_causeway/health", Value::Null).await;
    server.path("GET", "/_causeway/mailbox", Value::Null).await;
    server.path("POST", "/_causeway/tick", json!({ "seconds": 1 })).await;
}

#[tokio::test]
async fn the_same_seed_throttles_the_same_calls() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let injected = Arc::new(Mutex::new(Vec::new()));
        let recorded = injected.clone();
        let faults = Faults::read(["throttle@sqs=0.5"], 7).unwrap();
        let faults = faults.with_listener(Arc::new(move |fault: &Fault| recorded.lock().unwrap().push(fault.clone())));
        let server = Server::with([], faults).await;
        let mut throttled = Vec::new();
        for _ in 0..32 {
            throttled.push(server.target("AmazonSQS.ListQueues", "{}").await.status == StatusCode::BAD_REQUEST);
        }
        let injected = injected.lock().unwrap();
        assert_eq!(injected.len(), throttled.iter().filter(|throttled| **throttled).count());
        assert!(injected.iter().all(|fault| fault.subject == "sqs ListQueues"));
        runs.push(throttled);
    }
    assert!(runs[0].contains(&true) && runs[0].contains(&false));
    assert_eq!(runs[0], runs[1]);
}
