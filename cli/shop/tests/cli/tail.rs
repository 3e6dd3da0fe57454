//! Watching: the feed of a cloud, a cloud that goes and comes back, and places that have no feed.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::stage::{Stage, call_at};

/// Watches while messages are put again and again, until it has seen enough.
async fn watched(stage: &Stage, words: &[&str], put: &[&str]) -> Vec<Value> {
    let putting = async {
        loop {
            stage.output(put).await;
        }
    };
    tokio::select! {
        news = stage.json(words) => news,
        () = putting => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_with_its_delivery_and_what_the_function_made_of_it() {
    let stage = Stage::open().await;
    let words = ["tail", "--type", "ReceiveStock", "--count", "12"];
    let news = watched(&stage, &words, &["put", "ReceiveStock"]).await;
    assert_eq!(news.len(), 12);
    for kind in ["put", "delivery", "invoke"] {
        assert!(news.iter().any(|news| news["kind"] == kind), "no {kind} in {news:?}");
    }
    for put in news.iter().filter(|news| news["kind"] == "put") {
        assert_eq!(put["event"]["detail-type"], "ReceiveStock");
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_wants_comes_with_the_rules_that_are_nearest_and_why_they_passed() {
    let stage = Stage::open().await;
    let put = ["put", "OrderPlaced", "--set", "Source=till"];
    let news = watched(&stage, &["tail", "--type", "OrderPlaced", "--count", "1"], &put).await;
    let put = &news[0];
    assert_eq!(put["rules"], json!([]), "{put}");
    let nearest = put["nearest"].as_array().expect("rules");
    assert!(nearest.len() <= 3 && nearest[0]["rule"].as_str().is_some_and(|rule| rule.contains("OnOrderP")));
    let why = nearest[0]["why"].as_str().unwrap_or_default();
    assert_eq!(why, "source: expected \"causeway.order\", found \"till\": no value matches");
    stage.close().await;
}

/// Answers each connection with the next of these, and closes it.
async fn answering(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = listener.accept().await.expect("a caller");
            let mut asked = [0; 1024];
            assert!(connection.read(&mut asked).await.expect("a request") > 0);
            connection.write_all(answer.as_bytes()).await.expect("an answer");
        }
    });
    endpoint
}

fn feed(message: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    format!("{head}data: {{\"kind\":\"error\",\"message\":\"{message}\"}}\n\n")
}

#[tokio::test]
async fn a_cloud_that_goes_and_comes_back_is_watched_on() {
    let endpoint = answering(vec![feed("before"), feed("after")]).await;
    let printed = call_at(&endpoint, &["tail", "--count", "2"]).await.expect("both are seen");
    let lines: Vec<&str> = printed.text.lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("before") && lines[1].ends_with("after"), "{}", printed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_feed_messages_are_heard_by_a_rule_and_a_queue_that_go_at_the_end() {
    let stage = Stage::open().await;
    let (before, queues) = (stage.output(&["rules"]).await.text, queues(&stage).await);
    let words = ["tail", "--by-queue", "--type", "StockReceived", "--count", "3"];
    let heard = watched(&stage, &words, &["put", "ReceiveStock"]).await;
    assert_eq!(heard.len(), 3);
    for news in &heard {
        assert_eq!((&news["kind"], &news["event"]["detail-type"]), (&json!("received"), &json!("StockReceived")));
    }
    assert_eq!(stage.output(&["rules"]).await.text, before);
    assert_eq!(self::queues(&stage).await, queues);
    stage.close().await;
}

async fn queues(stage: &Stage) -> Value {
    stage.running.cloud.services().sqs.handle("ListQueues", json!({})).await.expect("the queues")
}

#[tokio::test]
async fn a_bus_that_is_not_there_leaves_nothing_behind() {
    let stage = Stage::open().await;
    let queues = queues(&stage).await;
    let error = stage.call(&["tail", "--by-queue", "--bus", "nowhere"]).await.expect_err("there is no such bus");
    let error = format!("{error:#}");
    assert!(error.contains("ResourceNotFoundException") && !error.contains("may still exist"), "{error}");
    assert_eq!(self::queues(&stage).await, queues);
    stage.close().await;
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let error = call_at("http://127.0.0.1:9", &["tail"]).await.expect_err("nobody is there").to_string();
    assert!(error.contains("start it with `causeway up`"), "{error}");
}
