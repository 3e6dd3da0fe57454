//! Requests from other machines and web pages are refused on every route; those of this machine are not.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::{
    http::{
        routes,
        tests::{Answer, Server},
    },
    request_guard::CODE,
};

/// Headers that break one rule each, and the header that the refusal names.
const FOREIGN: [(&[(&str, &str)], &str); 18] = [
    (&[("host", "evil.example")], "Host"),
    (&[("host", "evil.example:4566")], "Host"),
    (&[("host", "localhost.evil.example")], "Host"),
    (&[("host", "127.0.0.1.nip.io:4566")], "Host"),
    (&[("host", "127.0.0.2")], "Host"),
    (&[("host", "localhost@evil.example")], "Host"),
    (&[("host", "")], "Host"),
    (&[("host", "localhost"), ("host", "evil.example")], "Host"),
    (&[("origin", "https://evil.example")], "Origin"),
    (&[("origin", "http://localhost.evil.example:4566")], "Origin"),
    (&[("origin", "null")], "Origin"),
    (&[("origin", "file://")], "Origin"),
    (&[("origin", "http://localhost"), ("origin", "https://evil.example")], "Origin"),
    (&[("sec-fetch-site", "cross-site")], "Sec-Fetch-Site"),
    (&[("sec-fetch-site", "same-site")], "Sec-Fetch-Site"),
    (&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:3000")], "Sec-Fetch-Site"),
    (&[("content-type", "text/plain")], "Content-Type"),
    (&[("content-type", "Text/Plain; charset=utf-8")], "Content-Type"),
];

/// Headers of a request that this machine may send.
const LOCAL: [&[(&str, &str)]; 8] = [
    &[],
    &[("host", "localhost:4566")],
    &[("host", "LOCALHOST")],
    &[("host", "127.0.0.1")],
    &[("host", "[::1]:4566")],
    &[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
    &[("origin", "https://[::1]:3000"), ("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "none")],
];

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Every path of the router, with a name where it takes one, and paths that only the fallback answers.
fn paths() -> Vec<String> {
    let own = routes().into_iter().map(|(path, _)| path.replace("{name}", "reserve"));
    own.chain(["/", "/000000000000/orders", "/nowhere"].map(str::to_owned)).collect()
}

fn assert_refused(answer: &Answer, header: &str, what: &str) {
    assert_eq!((answer.status, answer.header("x-amzn-errortype")), (StatusCode::FORBIDDEN, CODE), "{what}");
    // An answer to HEAD has no body.
    if !answer.body.is_empty() {
        let body = answer.json();
        assert_eq!((&body["__type"], &body["header"]), (&json!(CODE), &json!(header)), "{what}");
        let (message, rule) = (body["message"].as_str().unwrap(), body["rule"].as_str().unwrap());
        assert!(message.contains(rule) && rule.starts_with(header), "{what}: {body}");
    }
}

#[tokio::test]
async fn a_foreign_request_is_refused_on_every_route_and_with_every_method() {
    let server = Server::open([]).await;
    let before = server.fixture.clock.now();
    for path in paths() {
        for method in METHODS {
            for (headers, header) in FOREIGN {
                let answer = server.send(method.as_str(), &path, headers, "").await;
                assert_refused(&answer, header, &format!("{method} {path} {headers:?}"));
            }
        }
    }
    for (headers, header) in FOREIGN {
        let answer = server.send("POST", "/_causeway/tick", headers, r#"{"seconds": 60}"#).await;
        assert_refused(&answer, header, &format!("{headers:?}"));
    }
    assert_eq!(server.fixture.clock.now(), before);
}

#[tokio::test]
async fn a_foreign_call_of_a_target_is_refused() {
    let server = Server::open([]).await;
    for target in ["DynamoDB_20120810.ListTables", "AWSEvents.ListRules", "AmazonSQS.ListQueues", "Nothing.Known"] {
        for (headers, header) in FOREIGN {
            let headers: Vec<_> = [("x-amz-target", target)].into_iter().chain(headers.iter().copied()).collect();
            assert_refused(&server.send("POST", "/", &headers, "{}").await, header, &format!("{target} {headers:?}"));
        }
    }
}

#[tokio::test]
async fn a_request_of_this_machine_is_answered_on_every_route() {
    let server = Server::open([]).await;
    // The feed never ends, so it has a test of its own.
    for path in paths().iter().filter(|path| *path != "/_causeway/feed") {
        for headers in LOCAL {
            let answer = server.send("GET", path, headers, "").await;
            assert_ne!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}: {}", answer.body);
        }
    }
    for headers in LOCAL {
        let json = [("content-type", "application/json")].into_iter().chain(headers.iter().copied());
        let answer = server.send("POST", "/_causeway/tick", &json.collect::<Vec<_>>(), r#"{"seconds": 60}"#).await;
        assert_eq!(answer.status, StatusCode::OK, "{headers:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_form_advances_the_clock_only_if_no_browser_sends_it() {
    let server = Server::open([]).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let tick = |headers: Vec<(&'static str, &'static str)>| {
        let server = &server;
        async move { server.send("POST", "/_causeway/tick", &headers, r#"{"seconds": 60}"#).await }
    };
    assert_eq!(tick(vec![form]).await.status, StatusCode::OK, "curl -d sends this");
    for browser in [("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin")] {
        assert_refused(&tick(vec![form, browser]).await, "Content-Type", &format!("{browser:?}"));
    }
    let multipart = ("content-type", "multipart/form-data; boundary=x");
    let answer = tick(vec![multipart, ("origin", "http://localhost:3000")]).await;
    assert_refused(&answer, "Content-Type", "multipart");
}
