//! The services with paths, and the query protocol of STS.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use crate::{
    http::tests::Server,
    lambda::fixture::{ARN, Behaviour},
};

#[tokio::test]
async fn a_schedule_is_created_updated_listed_and_deleted() {
    let server = Server::open([]).await;
    server.path("POST", "/schedule-groups/deadlines", json!({})).await;
    let mut schedule = json!({
        "GroupName": "deadlines",
        "ScheduleExpression": "at(2026-11-24T05:00:00)",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": ARN, "RoleArn": "arn:aws:iam::000000000000:role/scheduler", "Input": "{}" },
    });
    let created = server.path("POST", "/schedules/o-1", schedule.clone()).await;
    assert_eq!(created["ScheduleArn"], "arn:aws:scheduler:eu-central-1:000000000000:schedule/deadlines/o-1");
    schedule["ScheduleExpression"] = json!("rate(1 hour)");
    server.path("PUT", "/schedules/o-1", schedule).await;
    let read = server.path("GET", "/schedules/o-1?groupName=deadlines", Value::Null).await;
    assert_eq!(read["ScheduleExpression"], "rate(1 hour)");
    let listed = server.path("GET", "/schedules?ScheduleGroup=deadlines&MaxResults=5", Value::Null).await;
    assert_eq!(listed["Schedules"][0]["Name"], "o-1");
    server.path("DELETE", "/schedules/o-1?groupName=deadlines&clientToken=once", Value::Null).await;
    let gone = server.send("GET", "/schedules/o-1?groupName=deadlines", &[], "").await;
    assert_eq!((gone.status, gone.header("x-amzn-errortype")), (StatusCode::NOT_FOUND, "ResourceNotFoundException"));
    assert!(gone.json()["Message"].as_str().unwrap().contains("o-1"));
    let groups = server.path("GET", "/schedule-groups", Value::Null).await;
    assert_eq!(groups["ScheduleGroups"].as_array().unwrap().len(), 2);
    server.path("DELETE", "/schedule-groups/deadlines", Value::Null).await;
}

#[tokio::test]
async fn a_function_is_found_by_its_name_and_by_its_arn() {
    let server = Server::open([]).await;
    for path in ["/2015-03-31/functions", "/2015-03-31/functions/"] {
        assert_eq!(server.path("GET", path, Value::Null).await["Functions"][0]["FunctionArn"], ARN);
    }
    for name in ["reserve", ARN, &ARN.replace(':', "%3A")] {
        let path = format!("/2015-03-31/functions/{name}");
        assert_eq!(server.path("GET", &path, Value::Null).await["Configuration"]["Timeout"], 3, "{path}");
        let path = format!("{path}/configuration");
        assert_eq!(server.path("GET", &path, Value::Null).await["FunctionName"], "reserve");
    }
    let missing = server.send("GET", "/2015-03-31/functions/nobody", &[], "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.header("x-amzn-errortype"), "ResourceNotFoundException");
}

#[tokio::test]
async fn an_invoke_returns_the_result_or_the_error_or_is_accepted() {
    let server =
        Server::open([Behaviour::Answer(r#"{"reserved":2}"#), Behaviour::Fail, Behaviour::Answer("null")]).await;
    let path = "/2015-03-31/functions/reserve/invocations";
    let done = server.send("POST", path, &[], r#"{"order":"o-1"}"#).await;
    assert_eq!((done.status, done.json()), (StatusCode::OK, json!({ "reserved": 2 })));
    assert_eq!(done.header("x-amz-executed-version"), "$LATEST");
    let failed = server.send("POST", path, &[("x-amz-invocation-type", "RequestResponse")], "{}").await;
    assert_eq!((failed.status, failed.header("x-amz-function-error")), (StatusCode::OK, "Unhandled"));
    assert_eq!(failed.json()["errorType"], "Retry.Conflict");
    let taken = server.send("POST", path, &[("x-amz-invocation-type", "Event")], "{}").await;
    assert_eq!((taken.status, taken.body.as_str()), (StatusCode::ACCEPTED, ""));
    server.fixture.settle().await;
    let seen: Vec<_> =
        server.fixture.function.invocations.lock().unwrap().iter().map(|one| one.payload.clone()).collect();
    assert_eq!(seen, [r#"{"order":"o-1"}"#, "{}", "{}"]);
}

#[tokio::test]
async fn a_mail_is_in_the_mailbox_under_its_message_id() {
    let server = Server::open([]).await;
    let mail = json!({
        "FromEmailAddress": "shop@example.com",
        "Destination": { "ToAddresses": ["ada@example.com"] },
        "Content": { "Simple": { "Subject": { "Data": "Your order" }, "Body": { "Text": { "Data": "Thank you." } } } },
    });
    let sent = server.path("POST", "/v2/email/outbound-emails", mail.clone()).await;
    let mails = server.path("GET", "/_causeway/mailbox", Value::Null).await;
    let mut kept = mail;
    kept["MessageId"] = sent["MessageId"].clone();
    kept["SentAt"] = json!("2026-11-21T05:00:00Z");
    assert_eq!(mails["Mails"], json!([kept]));
    assert_eq!(sent["MessageId"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_mail_without_content_is_refused() {
    let server = Server::open([]).await;
    let refused = server.send("POST", "/v2/email/outbound-emails", &[], r#"{"Destination": {}}"#).await;
    assert_eq!((refused.status, refused.header("x-amzn-errortype")), (StatusCode::BAD_REQUEST, "BadRequestException"));
    assert_eq!(server.path("GET", "/_causeway/mailbox", Value::Null).await["Mails"], json!([]));
}

#[tokio::test]
async fn get_caller_identity_returns_the_account() {
    let server = Server::open([]).await;
    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let answer = server.send("POST", "/", &form, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/xml"));
    assert!(answer.body.contains("<Account>000000000000</Account>"), "{}", answer.body);
    assert!(answer.body.contains(&format!("<RequestId>{}</RequestId>", answer.header("x-amzn-requestid"))));
}

#[tokio::test]
async fn the_mailbox_filters_by_address_and_refuses_invalid_queries() {
    let server = Server::open([]).await;
    for to in ["ada@example.com", "bob@example.com", "ada@example.com"] {
        let mail = json!({ "Destination": { "ToAddresses": [to] }, "Content": { "Simple": {} } });
        server.path("POST", "/v2/email/outbound-emails", mail).await;
    }
    let shown = server.path("GET", "/_causeway/mailbox?to=ada%40example.com&limit=1", Value::Null).await;
    assert_eq!((shown["Mails"].as_array().unwrap().len(), &shown["Total"]), (1, &json!(2)));
    for (query, expected) in [
        ("limit=0", "limit must be"),
        ("limit=1001", "limit must be"),
        ("limit=ten", "limit must be"),
        ("to=", "to must be an address"),
        ("from=ada", "from is not known"),
    ] {
        let refused = server.send("GET", &format!("/_causeway/mailbox?{query}"), &[], "").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(refused.header("x-amzn-errortype"), "ValidationException", "{query}");
        assert!(refused.json()["message"].as_str().unwrap().contains(expected), "{query}: {}", refused.body);
    }
}

#[tokio::test]
async fn the_payment_provider_charges_and_lists_and_loses_answers() {
    let server = Server::open([]).await;
    let charge = |order: &str, token: &str| {
        json!({ "key": order, "amount": 100, "currency": "EUR", "token": token }).to_string()
    };
    let path = "/_causeway/payments/charges";
    let made = server.send("POST", path, &[("idempotency-key", "o-1")], charge("o-1", "tok_visa")).await;
    assert_eq!((made.status, &made.json()["id"]), (StatusCode::CREATED, &json!("ch-1")));
    assert_eq!(server.path("GET", "/_causeway/payments/charges/o-1", Value::Null).await, made.json());
    let unknown = server.send("GET", "/_causeway/payments/charges/o-9", &[], "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let request = Request::post(format!("http://{}{path}", server.address)).header("idempotency-key", "o-2");
    let request = request.body(Body::from(charge("o-2", "tok_lost"))).unwrap();
    let lost = Client::builder(TokioExecutor::new()).build_http().request(request).await;
    let body = match lost {
        Ok(response) => to_bytes(Body::new(response.into_body()), 1_000).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    assert!(body.is_err(), "{body:?}");
    let listed = server.path("GET", "/_causeway/payments", Value::Null).await;
    let keys: Vec<&str> =
        listed["charges"].as_array().unwrap().iter().map(|charge| charge["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["o-1", "o-2"]);
}
