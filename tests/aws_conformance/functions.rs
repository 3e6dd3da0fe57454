//! Functions as Lambda's API shows them: a failure is an answer, a deleted one is unknown, and none runs too often.

use serde_json::{Value, json};

use super::test_cloud::{Act, TestCloud, quiet, test_cloud};

const RESERVE: &str = "
  Reserve: { Type: AWS::Serverless::Function, Properties: { FunctionName: reserve, Timeout: 30 } }
";
const INVOCATIONS: &str = "/2015-03-31/functions/reserve/invocations";

#[tokio::test]
async fn an_invoke_that_is_waited_for_answers_a_failure_with_200_and_a_header() {
    let test_cloud = test_cloud(RESERVE, |_, number| match number {
        1 => Act::Fail("Oversold", "no stock is left"),
        _ => Act::Answer(json!({ "reserved": true })),
    });
    let test_cloud = test_cloud.await;
    let failed = test_cloud.http("POST", INVOCATIONS, &[], "{}").await;
    assert_eq!((failed.status, failed.headers["x-amz-function-error"].to_str().unwrap()), (200, "Unhandled"));
    assert_eq!(failed.body, json!({ "errorType": "Oversold", "errorMessage": "no stock is left" }));
    let done = test_cloud.http("POST", INVOCATIONS, &[], "{}").await;
    assert_eq!((done.status, done.headers.get("x-amz-function-error")), (200, None));
    assert_eq!(done.body, json!({ "reserved": true }));
    assert_eq!(test_cloud.settled_tries().await, 2, "nobody tries again what is waited for");
}

#[tokio::test]
async fn an_invoke_that_nobody_waits_for_is_answered_before_it_begins_and_tried_three_times() {
    let test_cloud = test_cloud(RESERVE, |_, _| Act::Fail("Oversold", "no stock is left")).await;
    let taken = test_cloud.http("POST", INVOCATIONS, &[("x-amz-invocation-type", "Event")], r#"{"order":"o-1"}"#).await;
    assert_eq!((taken.status, taken.body), (202, Value::Null));
    test_cloud.tries(1).await;
    test_cloud.pass(3_600).await;
    let tries = test_cloud.tries(3).await;
    assert!(tries.iter().all(|one| one.payload == json!({ "order": "o-1" })));
    assert_eq!(test_cloud.settled_tries().await, 3);
}

#[tokio::test]
async fn a_function_that_runs_as_often_as_it_may_refuses_who_waits_and_keeps_who_does_not() {
    let test_cloud =
        test_cloud(RESERVE, |_, number| if number == 1 { Act::Hang } else { Act::Answer(Value::Null) }).await;
    let bounded = test_cloud.http("PUT", CONCURRENCY, &[], r#"{"ReservedConcurrentExecutions":1}"#).await;
    assert_eq!((bounded.status, bounded.body), (200, json!({ "ReservedConcurrentExecutions": 1 })));
    test_cloud.http("POST", INVOCATIONS, &[("x-amz-invocation-type", "Event")], "1").await;
    test_cloud.tries(1).await;
    let refused = test_cloud.http("POST", INVOCATIONS, &[], "2").await;
    let kind = refused.headers["x-amzn-errortype"].to_str().unwrap();
    assert_eq!((refused.status, kind), (429, "TooManyRequestsException"));
    let kept = test_cloud.http("POST", INVOCATIONS, &[("x-amz-invocation-type", "Event")], "3").await;
    assert_eq!((kept.status, test_cloud.settled_tries().await), (202, 1));
    test_cloud.cloud.services().functions.kill("reserve");
    assert_eq!(test_cloud.tries(2).await.pop().unwrap().payload, json!(3));
}

const CONCURRENCY: &str = "/2017-10-31/functions/reserve/concurrency";

#[tokio::test]
async fn a_bound_of_concurrency_is_set_shown_and_taken_away() {
    let test_cloud = quiet(RESERVE).await;
    let shown = async || test_cloud.http("GET", "/2019-09-30/functions/reserve/concurrency", &[], "").await.body;
    assert_eq!(shown().await, json!({}));
    test_cloud.http("PUT", CONCURRENCY, &[], r#"{"ReservedConcurrentExecutions":0}"#).await;
    assert_eq!(shown().await, json!({ "ReservedConcurrentExecutions": 0 }));
    let function = test_cloud.http("GET", "/2015-03-31/functions/reserve", &[], "").await.body;
    assert_eq!(function["Concurrency"], json!({ "ReservedConcurrentExecutions": 0 }));
    assert_eq!(test_cloud.http("DELETE", CONCURRENCY, &[], "").await.status, 204);
    assert_eq!(shown().await, json!({}));
    let wrong = test_cloud.http("PUT", CONCURRENCY, &[], r#"{"ReservedConcurrentExecutions":-1}"#).await;
    let kind = wrong.headers["x-amzn-errortype"].to_str().unwrap();
    assert_eq!((wrong.status, kind), (400, "InvalidParameterValueException"));
}

#[tokio::test]
async fn a_deleted_function_is_unknown_to_everybody() {
    let test_cloud = quiet(RESERVE).await;
    let path = "/2015-03-31/functions/reserve";
    assert_eq!(test_cloud.http("GET", path, &[], "").await.status, 200);
    assert_eq!(test_cloud.http("DELETE", path, &[], "").await.status, 204);
    for (method, path, body) in [("GET", path, ""), ("DELETE", path, ""), ("POST", INVOCATIONS, "{}")] {
        let gone = test_cloud.http(method, path, &[], body).await;
        let kind = gone.headers["x-amzn-errortype"].to_str().unwrap();
        assert_eq!((gone.status, kind), (404, "ResourceNotFoundException"), "{method} {path}");
    }
    assert_eq!(test_cloud.http("GET", "/2015-03-31/functions/", &[], "").await.body["Functions"], json!([]));
}

#[tokio::test]
async fn functions_are_listed_by_name_a_page_at_a_time() {
    let names = ["charge", "pack", "reserve", "ship"];
    let resources: Vec<String> = names
        .iter()
        .rev()
        .map(|name| {
            format!("  F{name}: {{ Type: AWS::Serverless::Function, Properties: {{ FunctionName: {name} }} }}\n")
        })
        .collect();
    let test_cloud = quiet(&resources.concat()).await;
    let (mut listed, mut marker) = (Vec::new(), String::new());
    for _ in 0..2 {
        let path = format!("/2015-03-31/functions/?MaxItems=3&Marker={marker}");
        let page = test_cloud.http("GET", &path, &[], "").await.body;
        let functions = page["Functions"].as_array().unwrap().iter();
        listed.extend(functions.map(|function| function["FunctionArn"].as_str().unwrap().to_owned()));
        marker = page["NextMarker"].as_str().unwrap_or_default().to_owned();
    }
    let expected = names.map(|name| TestCloud::arn("lambda", &format!("function:{name}")));
    assert_eq!((listed.as_slice(), marker.as_str()), (expected.as_slice(), ""));
    let wrong = test_cloud.http("GET", "/2015-03-31/functions/?MaxItems=0", &[], "").await;
    assert_eq!(wrong.status, 400);
}
