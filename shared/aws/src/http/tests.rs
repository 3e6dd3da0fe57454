//! The client against a server on a socket: what it sends, and how it names what goes wrong.

use std::sync::Mutex;

use causeway::gateway::HttpMethod;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// A server that answers each connection with these bytes and closes it; it keeps what it has read.
async fn server(answer: &'static [u8]) -> (OutsideHttp, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 4096];
            let length = connection.read(&mut buffer).await.unwrap();
            kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
            connection.write_all(answer).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    (OutsideHttp::new(HttpConfig { party: "payments", url, key: Some("secret".to_owned()) }), seen)
}

fn request() -> HttpRequest {
    HttpRequest {
        party: "payments",
        method: HttpMethod::Post,
        path: "/charges".to_owned(),
        idempotency_key: Some("o-1".to_owned()),
        body: Some("{\"a\":1}".to_owned()),
    }
}

#[tokio::test]
async fn a_request_has_its_key_and_its_credentials_and_every_status_is_a_response() {
    let (client, seen) = server(b"HTTP/1.1 402 Declined\r\ncontent-length: 4\r\n\r\nnope").await;
    let response = client.send(&request()).await.unwrap();
    assert_eq!(response, HttpResponse { status: 402, body: "nope".to_owned() });
    let seen = seen.lock().unwrap().to_lowercase();
    for part in [
        "post /v1/charges http/1.1",
        "idempotency-key: o-1",
        "authorization: bearer secret",
        "content-type: application/json",
        "{\"a\":1}",
    ] {
        assert!(seen.contains(part), "{part} is not in {seen}");
    }
}

#[tokio::test]
async fn a_closed_connection_a_broken_body_and_a_long_one_are_no_answer() {
    for answer in [
        b"".as_slice(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\n",
        b"no http at all\r\n\r\n",
    ] {
        let (client, _) = server(answer).await;
        let result = client.send(&request()).await;
        assert!(matches!(result, Err(HttpError::NoAnswer(_))), "{result:?}");
    }
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LARGEST_RESPONSE + 1)).leak();
    let (client, _) = server(long.as_bytes()).await;
    assert!(matches!(client.send(&request()).await, Err(HttpError::NoAnswer(_))));
}

#[tokio::test]
async fn a_refused_connection_and_another_system_are_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = OutsideHttp::new(HttpConfig { party: "payments", url, key: None });
    assert!(matches!(client.send(&request()).await, Err(HttpError::NotSent(_))));
    let other = HttpRequest { party: "carrier", ..request() };
    assert!(matches!(client.send(&other).await, Err(HttpError::NotSent(_))));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = OutsideHttp::new(HttpConfig { party: "payments", url, key: None });
    assert!(matches!(client.send(&request()).await, Err(HttpError::NoAnswer(_))));
}
