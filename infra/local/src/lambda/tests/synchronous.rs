//! Invokes through the API.

use crate::{
    aws_error::AwsError,
    lambda::{
        InvokeAnswer, invoke,
        stage::{ARN, Act, Stage, function},
    },
};

async fn ask(stage: &Stage, name: &str, kind: Option<&str>, payload: &str) -> Result<InvokeAnswer, AwsError> {
    let invokes = stage.invokes();
    let answer = invoke(&stage.functions, &invokes, name, kind, payload.to_owned()).await;
    stage.settle().await;
    answer
}

fn header<'a>(answer: &'a InvokeAnswer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn who_waits_gets_the_answer_by_name_and_by_arn_and_with_the_version() {
    let names = ["reserve", ARN, "reserve:$LATEST", "000000000000:function:reserve"];
    let stage = Stage::set(names.map(|_| Act::Answer(r#"{"done":true}"#)));
    for name in names {
        let answer = ask(&stage, name, None, "{}").await.unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"done":true}"#), "{name}");
        assert_eq!(header(&answer, "x-amz-executed-version"), Some("$LATEST"));
        assert_eq!(header(&answer, "x-amz-function-error"), None);
    }
}

#[tokio::test]
async fn a_failure_is_an_answer_of_200_with_a_header() {
    let stage = Stage::set([Act::Fail]);
    let answer = ask(&stage, "reserve", Some("RequestResponse"), "{}").await.unwrap();
    assert_eq!((answer.status, header(&answer, "x-amz-function-error")), (200, Some("Unhandled")));
    assert_eq!(answer.body, r#"{"errorMessage":"the stock was oversold","errorType":"Retry.Conflict"}"#);
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named_by_its_arn() {
    let stage = Stage::set([]);
    let error = ask(&stage, "nobody", None, "{}").await.unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (404, "ResourceNotFoundException"));
    assert_eq!(error.message, "Function not found: arn:aws:lambda:eu-central-1:000000000000:function:nobody");
}

#[tokio::test]
async fn who_does_not_wait_gets_202_and_the_function_runs() {
    let stage = Stage::set([]);
    let answer = ask(&stage, "reserve", Some("Event"), "").await.unwrap();
    assert_eq!((answer.status, answer.body.as_str(), stage.tries()), (202, "", 1));
    assert_eq!(header(&answer, "x-amzn-requestid"), Some(stage.actor.seen.lock().unwrap()[0].request_id.as_str()));
}

#[tokio::test]
async fn a_dry_run_runs_nothing() {
    let stage = Stage::set([]);
    let answer = ask(&stage, "reserve", Some("DryRun"), "{}").await.unwrap();
    assert_eq!((answer.status, stage.tries()), (204, 0));
}

#[tokio::test]
async fn what_cannot_be_invoked_is_refused_with_the_words_of_the_service() {
    let stage = Stage::set([]);
    let broken = ask(&stage, "reserve", None, "{").await.unwrap_err();
    let unknown = ask(&stage, "reserve", Some("Sometimes"), "{}").await.unwrap_err();
    let large = ask(&stage, "reserve", Some("Event"), &format!("\"{}\"", "x".repeat(1_048_576))).await.unwrap_err();
    let mut off = function();
    off.reserved_concurrency = Some(0);
    stage.functions.put(off);
    let throttled = ask(&stage, "reserve", None, "{}").await.unwrap_err();
    let found = [broken, unknown, large, throttled].map(|error| (error.status, error.code));
    let wanted = [
        (400, "InvalidRequestContentException"),
        (400, "ValidationException"),
        (413, "RequestTooLargeException"),
        (429, "TooManyRequestsException"),
    ];
    assert_eq!(found, wanted.map(|(status, code)| (status, code.to_owned())));
    assert_eq!(stage.tries(), 0);
}
