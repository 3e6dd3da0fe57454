//! Mails after a restart of the whole cloud.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

use super::{Fixture, LETTERS};
use crate::cloud::Cloud;

async fn request(cloud: &Cloud, method: &str, path: &str, body: Value) -> Value {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let builder = Request::builder().method(method).uri(format!("{}{path}", cloud.endpoint()));
    let answer = client.request(builder.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let bytes = to_bytes(Body::new(answer.into_body()), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_mail_that_was_acknowledged_is_in_the_mailbox_after_a_kill() {
    let fixture = Fixture::new();
    let cloud = fixture.start(LETTERS).await;
    let mail = json!({ "Destination": { "ToAddresses": ["ada@example.com"] }, "Content": { "Simple": {} } });
    let sent = request(&cloud, "POST", "/v2/email/outbound-emails", mail).await;
    // Dropped and not stopped: nothing is written at the end.
    drop(cloud);
    tokio::task::yield_now().await;
    let cloud = loop {
        // The connection that was open holds the folder for a moment.
        match fixture.start_in(fixture.store(), LETTERS).await {
            Ok(cloud) => break cloud,
            Err(error) => assert!(super::error_chain(&error).contains("in use"), "{error}"),
        }
        tokio::task::yield_now().await;
    };
    let mailbox = request(&cloud, "GET", "/_causeway/mailbox", Value::Null).await;
    assert_eq!(mailbox["Mails"][0]["MessageId"], sent["MessageId"]);
    assert_eq!(mailbox["Total"], 1);
}
