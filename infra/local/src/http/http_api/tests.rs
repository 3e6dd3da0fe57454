//! Which route takes a request, and what functions may return.

use super::{payload::answer, routes::most_specific};
use crate::template::HttpApiRoute;

fn routes(keys: &[&str]) -> Vec<HttpApiRoute> {
    let route = |key: &&str| {
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
        HttpApiRoute {
            id: (*key).to_owned(),
            api: "api".to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            function_arn: String::new(),
        }
    };
    keys.iter().map(route).collect()
}

#[test]
fn the_most_specific_route_takes_a_request() {
    let all = routes(&[
        "$default",
        "ANY /{proxy+}",
        "GET /pets/{proxy+}",
        "GET /pets/{id}",
        "GET /pets/dog/1",
        "ANY /pets/{id}",
        "GET /pets/{id}/toys",
    ]);
    for (method, path, taken) in [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/{proxy+}"),
        ("GET", "/pets/7", "GET /pets/{id}"),
        ("PUT", "/pets/7", "ANY /pets/{id}"),
        ("GET", "/pets/7/toys", "GET /pets/{id}/toys"),
        ("PUT", "/pets/7/toys", "ANY /{proxy+}"),
        ("GET", "/", "$default"),
    ] {
        let found = most_specific(&all, method, path).map(|(route, _)| route.id.as_str());
        assert_eq!(found, Some(taken), "{method} {path}");
    }
    assert!(most_specific(&routes(&["GET /pets/{id}"]), "POST", "/pets/1").is_none());
    assert!(most_specific(&routes(&["GET /pets/{id}"]), "GET", "/pets/").is_none());
}

#[test]
fn variables_are_decoded() {
    let all = routes(&["GET /files/{name}/{proxy+}"]);
    let (_, variables) = most_specific(&all, "GET", "/files/a%20b/c%2Fd/%e4%b8").expect("a route");
    assert_eq!((variables["name"].as_str(), variables["proxy"].as_str()), ("a b", "c/d/\u{fffd}"));
}

#[test]
fn a_function_returns_a_response_or_only_its_body() {
    let response =
        answer(r#"{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=1"],"body":"aGk=","isBase64Encoded":true}"#);
    let response = response.expect("a response");
    assert_eq!((response.status().as_u16(), response.headers()["x-a"].to_str().ok()), (201, Some("b")));
    assert_eq!(response.headers()["set-cookie"], "c=1");
    let plain = answer(r#"{"message":"hi"}"#).expect("a response");
    assert_eq!(
        (plain.status().as_u16(), plain.headers()["content-type"].to_str().ok()),
        (200, Some("application/json"))
    );
    assert!(answer(r#"{"statusCode":"many"}"#).is_none());
}
