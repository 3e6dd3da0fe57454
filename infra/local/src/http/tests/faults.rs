//! Calls that go wrong on purpose, as callers of each service see them.

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

async fn server(wish: &str) -> Server {
    Server::with([], Faults::read([wish], 7).unwrap()).await
}

#[tokio::test]
async fn a_throttled_call_gets_the_error_of_its_service_and_nothing_is_done() {
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
async fn a_service_in_trouble_says_so_by_its_own_word_or_is_away() {
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
async fn a_call_whose_answer_is_lost_is_carried_out_and_its_caller_sees_no_answer() {
    let server = server("lost-answer@lambda=1").await;
    let uri = format!("http://{}/2015-03-31/functions/reserve/invocations", server.address);
    let lost = Request::builder().method("POST").uri(uri).body(Body::from("{}")).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    // Whether the caller sees a status before the connection breaks is left to chance; an answer it sees in no case.
    if let Ok(response) = client.request(lost).await {
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(to_bytes(Body::new(response.into_body()), usize::MAX).await.is_err());
    }
    assert_eq!(server.fixture.invocation_count(), 1);
}

#[tokio::test]
async fn what_only_the_local_cloud_has_is_never_hit() {
    let server = server("throttle=1,error=1,lost-answer=1").await;
    server.path("GET", "/_causeway/health", Value::Null).await;
    server.path("GET", "/_causeway/mailbox", Value::Null).await;
    server.path("POST", "/_causeway/tick", json!({ "seconds": 1 })).await;
}

#[tokio::test]
async fn with_half_of_the_calls_throttled_the_same_ones_are_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = told.clone();
        let faults = Faults::read(["throttle@sqs=0.5"], 7).unwrap();
        let faults = faults.with_listener(Arc::new(move |fault: &Fault| telling.lock().unwrap().push(fault.clone())));
        let server = Server::with([], faults).await;
        let mut throttled = Vec::new();
        for _ in 0..32 {
            throttled.push(server.target("AmazonSQS.ListQueues", "{}").await.status == StatusCode::BAD_REQUEST);
        }
        let told = told.lock().unwrap();
        assert_eq!(told.len(), throttled.iter().filter(|throttled| **throttled).count());
        assert!(told.iter().all(|fault| fault.subject == "sqs ListQueues"));
        runs.push(throttled);
    }
    assert!(runs[0].contains(&true) && runs[0].contains(&false));
    assert_eq!(runs[0], runs[1]);
}
