//! The paths of the local cloud itself.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::{http::tests::Server, lambda::fixture::Behaviour};

const INVOKE: &str = "/2015-03-31/functions/reserve/invocations";

#[tokio::test]
async fn a_tick_advances_the_clock_and_health_shows_its_time() {
    let server = Server::open([]).await;
    let health = server.path("GET", "/_causeway/health", Value::Null).await;
    let expected = json!({
        "status": "ready", "now": "2026-11-21T05:00:00Z", "paused": true,
        "undelivered": 0, "invokes": 0, "schedules": 0,
    });
    assert_eq!(health, expected);
    let moved = server.path("POST", "/_causeway/tick", json!({ "seconds": 259_200.5 })).await;
    assert_eq!(moved["now"], "2026-11-24T05:00:00.5Z");
    let health = server.path("GET", "/_causeway/health", Value::Null).await;
    assert_eq!(health["now"], moved["now"]);
}

#[tokio::test]
async fn a_tick_advances_to_a_time_and_returns_the_number_of_stops() {
    let server = Server::open([Behaviour::Fail, Behaviour::Fail]).await;
    let accepted = server.send("POST", INVOKE, &[("x-amz-invocation-type", "Event")], "{}").await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
    let moved = server.path("POST", "/_causeway/tick", json!({ "until": "2026-11-22T06:00:00+01:00" })).await;
    assert_eq!((&moved["now"], &moved["settled"]), (&json!("2026-11-22T05:00:00Z"), &json!(true)));
    assert!(moved["wakes"].as_u64() >= Some(2), "{moved}");
    assert_eq!(server.fixture.invocation_count(), 3);
    let moved = server.path("POST", "/_causeway/tick", json!({ "seconds": 60, "settle": false })).await;
    assert_eq!(moved, json!({ "now": "2026-11-22T05:01:00Z", "wakes": 0, "settled": false }));
}

#[tokio::test]
async fn a_tick_past_a_hanging_function_is_not_settled() {
    let server = Server::open([Behaviour::Hang]).await;
    server.send("POST", INVOKE, &[("x-amz-invocation-type", "Event")], "{}").await;
    let moved = server.path("POST", "/_causeway/tick", json!({ "seconds": 1, "patience": 0.01 })).await;
    assert_eq!((&moved["now"], &moved["settled"]), (&json!("2026-11-21T05:00:01Z"), &json!(false)));
}

#[tokio::test]
async fn an_invalid_tick_changes_nothing_and_names_the_field() {
    let server = Server::open([]).await;
    for (body, expected) in [
        ("", "seconds or until must be given."),
        ("{}", "seconds or until must be given."),
        (r#"{"seconds": -1}"#, "seconds must be"),
        (r#"{"seconds": "60"}"#, "seconds must be"),
        (r#"{"seconds": 1e300}"#, "seconds must be"),
        (r#"{"seconds": 1e18}"#, "seconds is too far away."),
        (r#"{"seconds": 1, "until": "2026-11-24T05:00:00Z"}"#, "seconds and until exclude each other"),
        (r#"{"until": "tomorrow"}"#, "until must be a time"),
        (r#"{"until": "2026-11-20T05:00:00Z"}"#, "until must not lie before 2026-11-21T05:00:00Z"),
        (r#"{"until": "2028-11-20T05:00:00Z"}"#, "a tick of more than 366 days is not settled"),
        (r#"{"seconds": 1, "settle": "no"}"#, "settle must be"),
        (r#"{"seconds": 1, "patience": -1}"#, "patience must be"),
        (r#"{"second": 1}"#, "second is not known"),
    ] {
        let answer = server.send("POST", "/_causeway/tick", &[], body.to_owned()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.header("x-amzn-errortype"), "ValidationException", "{body}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(expected), "{body}: {message}");
    }
    let health = server.path("GET", "/_causeway/health", Value::Null).await;
    assert_eq!(health["now"], "2026-11-21T05:00:00Z");
}

#[tokio::test]
async fn the_clock_is_resumed_and_paused() {
    let server = Server::open([]).await;
    let resumed = server.path("POST", "/_causeway/resume", Value::Null).await;
    assert_eq!(resumed["paused"], false);
    let paused = server.path("POST", "/_causeway/pause", Value::Null).await;
    assert_eq!(paused["paused"], true);
    let health = server.path("GET", "/_causeway/health", Value::Null).await;
    assert_eq!((&health["now"], &health["paused"]), (&paused["now"], &json!(true)));
}

#[tokio::test]
async fn the_feed_is_in_order_and_reports_missed_events() {
    let server = Server::open([]).await;
    let request = Request::get(format!("http://{}/_causeway/feed", server.address)).body(Body::empty()).unwrap();
    let response = server.response(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    // The channel holds two, and nothing is read between these three.
    for number in 1..=3 {
        server.feed.send(json!({ "number": number }).to_string()).unwrap();
    }
    let mut text = String::new();
    while !text.contains("{\"number\":3}\n\n") {
        text.push_str(std::str::from_utf8(&events.next().await.unwrap().unwrap()).unwrap());
    }
    let missed = "event: missed\ndata: {\"missed\":1}\n\n";
    assert_eq!(text, format!("{missed}data: {{\"number\":2}}\n\ndata: {{\"number\":3}}\n\n"));
}
