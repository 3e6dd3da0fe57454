//! What only the local cloud answers.

use axum::body::Body;
use axum::http::Request;
use axum::http::StatusCode;
use futures::StreamExt;
use serde_json::Value;
use serde_json::json;

use crate::port::tests::House;

#[tokio::test]
async fn the_clock_is_moved_by_ticks_and_health_shows_its_time() {
    let house = House::open([]).await;
    let health = house.path("GET", "/_causeway/health", Value::Null).await;
    let expected = json!({
        "status": "ready", "now": "2026-11-21T05:00:00Z", "paused": true,
        "undelivered": 0, "invokes": 0, "schedules": 0,
    });
    assert_eq!(health, expected);
    let moved = house.path("POST", "/_causeway/tick", json!({ "seconds": 259_200.5 })).await;
    assert_eq!(moved["now"], "2026-11-24T05:00:00.5Z");
    let health = house.path("GET", "/_causeway/health", Value::Null).await;
    assert_eq!(health["now"], moved["now"]);
}

#[tokio::test]
async fn a_tick_that_is_no_duration_moves_nothing() {
    let house = House::open([]).await;
    for body in ["{}", r#"{"seconds": -1}"#, r#"{"seconds": "60"}"#, r#"{"seconds": 1e300}"#, ""] {
        let answer = house.send("POST", "/_causeway/tick", &[], body.to_owned()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.header("x-amzn-errortype"), "ValidationException", "{body}");
    }
    let health = house.path("GET", "/_causeway/health", Value::Null).await;
    assert_eq!(health["now"], "2026-11-21T05:00:00Z");
}

#[tokio::test]
async fn the_feed_tells_everything_in_order_and_says_how_much_a_slow_reader_missed() {
    let house = House::open([]).await;
    let request = Request::get(format!("http://{}/_causeway/feed", house.address)).body(Body::empty()).unwrap();
    let response = house.response(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut told = response.into_body().into_data_stream();
    // The channel holds two, and nothing is read between these three.
    for number in 1..=3 {
        house.feed.send(json!({ "number": number }).to_string()).unwrap();
    }
    let mut text = String::new();
    while !text.contains("{\"number\":3}\n\n") {
        text.push_str(std::str::from_utf8(&told.next().await.unwrap().unwrap()).unwrap());
    }
    let missed = "event: missed\ndata: {\"missed\":1}\n\n";
    assert_eq!(text, format!("{missed}data: {{\"number\":2}}\n\ndata: {{\"number\":3}}\n\n"));
}
