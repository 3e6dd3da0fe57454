//! Invocations through the API.

use crate::{
    aws_error::AwsError,
    lambda::{
        InvokeResponse,
        fixture::{
            ARN,
            Behaviour::{Answer, Fail},
            Fixture,
        },
        invoke,
    },
};

async fn call_invoke(
    fixture: &Fixture,
    name: &str,
    kind: Option<&str>,
    payload: &str,
) -> Result<InvokeResponse, AwsError> {
    let invoker = fixture.invoker();
    let response = invoke(&fixture.functions, &invoker, name, kind, payload.to_owned()).await;
    fixture.settle().await;
    response
}

fn header<'a>(response: &'a InvokeResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_synchronous_invocation_returns_the_result_by_name_and_by_arn() {
    let names = ["reserve", ARN, "reserve:$LATEST", "000000000000:function:reserve"];
    let fixture = Fixture::new(names.map(|_| Answer(r#"{"done":true}"#)));
    for name in names {
        let response = call_invoke(&fixture, name, None, "{}").await.unwrap();
        assert_eq!((response.status, response.body.as_str()), (200, r#"{"done":true}"#), "{name}");
        assert_eq!(header(&response, "x-amz-executed-version"), Some("$LATEST"));
        assert_eq!(header(&response, "x-amz-function-error"), None);
    }
}

#[tokio::test]
async fn a_failure_is_a_200_response_with_a_header() {
    let fixture = Fixture::new([Fail]);
    let response = call_invoke(&fixture, "reserve", Some("RequestResponse"), "{}").await.unwrap();
    assert_eq!((response.status, header(&response, "x-amz-function-error")), (200, Some("Unhandled")));
    assert_eq!(response.body, r#"{"errorMessage":"the stock was oversold","errorType":"Retry.Conflict"}"#);
}

#[tokio::test]
async fn an_unknown_function_is_named_by_its_arn() {
    let fixture = Fixture::new([]);
    let error = call_invoke(&fixture, "nobody", None, "{}").await.unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (404, "ResourceNotFoundException"));
    assert_eq!(error.message, "Function not found: arn:aws:lambda:eu-central-1:000000000000:function:nobody");
}

#[tokio::test]
async fn an_asynchronous_invocation_returns_202_and_runs_the_function() {
    let fixture = Fixture::new([]);
    let response = call_invoke(&fixture, "reserve", Some("Event"), "").await.unwrap();
    assert_eq!((response.status, response.body.as_str(), fixture.invocation_count()), (202, "", 1));
    assert_eq!(
        header(&response, "x-amzn-requestid"),
        Some(fixture.function.invocations.lock().unwrap()[0].request_id.as_str())
    );
}

#[tokio::test]
async fn a_dry_run_does_not_run_the_function() {
    let fixture = Fixture::new([]);
    let response = call_invoke(&fixture, "reserve", Some("DryRun"), "{}").await.unwrap();
    assert_eq!((response.status, fixture.invocation_count()), (204, 0));
}

#[tokio::test]
async fn invalid_invocations_are_rejected_with_the_errors_of_lambda() {
    let fixture = Fixture::new([]);
    let broken = call_invoke(&fixture, "reserve", None, "{").await.unwrap_err();
    let unknown = call_invoke(&fixture, "reserve", Some("Sometimes"), "{}").await.unwrap_err();
    let large =
        call_invoke(&fixture, "reserve", Some("Event"), &format!("\"{}\"", "x".repeat(1_048_576))).await.unwrap_err();
    fixture.configure(|function| function.reserved_concurrency = Some(0));
    let throttled = call_invoke(&fixture, "reserve", None, "{}").await.unwrap_err();
    let found = [broken, unknown, large, throttled].map(|error| (error.status, error.code));
    let expected = [
        (400, "InvalidRequestContentException"),
        (400, "ValidationException"),
        (413, "RequestTooLargeException"),
        (429, "TooManyRequestsException"),
    ];
    assert_eq!(found, expected.map(|(status, code)| (status, code.to_owned())));
    assert_eq!(fixture.invocation_count(), 0);
}
