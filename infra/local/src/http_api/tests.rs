//! Routes, payloads, answers, tokens and CORS, each on its own.

use axum::{
    body::to_bytes,
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::executor::block_on;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::template::{Cors, HttpApi, HttpRoute, JwtAuthorizer};

fn route(key: &str) -> HttpRoute {
    let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
    HttpRoute {
        method: (method != "ANY").then(|| method.to_owned()),
        path: path.to_owned(),
        function_arn: key.to_owned(),
        timeout_millis: 30_000,
        is_open: false,
        line: 1,
    }
}

fn found(keys: &[&str], method: &str, path: &str) -> Option<(String, Value)> {
    let routes: Vec<HttpRoute> = keys.iter().map(|key| route(key)).collect();
    find_route(&routes, method, path).map(|found| (found.route.function_arn.clone(), json!(found.parameters)))
}

#[test]
fn the_most_specific_route_answers() {
    let keys =
        ["ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1", "ANY /pets/dog/1", "$default"];
    for (method, path, key, parameters) in [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", json!({})),
        ("POST", "/pets/dog/1", "ANY /pets/dog/1", json!({})),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", json!({ "id": "2" })),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", json!({ "proxy": "cat/1" })),
        ("POST", "/test/5", "ANY /{proxy+}", json!({ "proxy": "test/5" })),
        ("GET", "/pets/dog/a%20b%2Fc+d", "GET /pets/dog/{id}", json!({ "id": "a b/c+d" })),
        ("GET", "/", "$default", json!({})),
    ] {
        assert_eq!(found(&keys, method, path), Some((key.to_owned(), parameters)), "{method} {path}");
    }
}

#[test]
fn a_path_that_no_route_has_is_not_found() {
    let keys = ["GET /orders/{id}", "POST /commands/{name}", "GET /files/{path+}"];
    for (method, path) in [
        ("POST", "/orders/1"),
        ("GET", "/orders"),
        ("GET", "/orders/"),
        ("GET", "/orders/1/lines"),
        ("GET", "/Orders/1"),
        ("GET", "/files/"),
        ("GET", "/"),
    ] {
        assert_eq!(found(&keys, method, path), None, "{method} {path}");
    }
}

fn api() -> HttpApi {
    HttpApi {
        id: "Api".to_owned(),
        api_id: "abc123".to_owned(),
        endpoint: String::new(),
        stage: "$default".to_owned(),
        cors: None,
        authorizer: None,
        routes: Vec::new(),
        line: 1,
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    let mut all = HeaderMap::new();
    for (name, value) in pairs.iter().map(header) {
        all.append(name, value);
    }
    all
}

fn payload_of(api: &HttpApi, uri: &str, sent: &[(&str, &str)], body: &[u8]) -> Value {
    let route = route("GET /orders/{id}");
    let uri: Uri = uri.parse().unwrap();
    let path = uri.path().to_owned();
    let found = find_route(std::slice::from_ref(&route), "GET", &path).unwrap();
    let at = Timestamp::from_second(1_767_225_600).unwrap();
    let caller = Caller { account: "000000000000".to_owned(), request_id: "r-1".to_owned(), at, claims: None };
    payload(api, &found, &caller, (&Method::GET, &uri, &path), &headers(sent), body)
}

#[test]
fn a_request_is_a_payload_of_the_format_2_0() {
    let sent = [
        ("Host", "127.0.0.1:4566"),
        ("Accept", "a"),
        ("Accept", "b"),
        ("Cookie", "one=1; two=2"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("User-Agent", "curl"),
    ];
    let payload = payload_of(&api(), "/orders/o-1?a=1&a=2&b=x%20y", &sent, br#"{"n":1}"#);
    assert_eq!(payload["version"], "2.0");
    assert_eq!(payload["routeKey"], "GET /orders/{id}");
    assert_eq!(payload["rawPath"], "/orders/o-1");
    assert_eq!(payload["rawQueryString"], "a=1&a=2&b=x%20y");
    assert_eq!(payload["queryStringParameters"], json!({ "a": "1,2", "b": "x y" }));
    assert_eq!(payload["pathParameters"], json!({ "id": "o-1" }));
    assert_eq!(payload["cookies"], json!(["one=1", "two=2"]));
    assert_eq!((&payload["headers"]["accept"], &payload["headers"]["cookie"]), (&json!("a,b"), &Value::Null));
    assert_eq!((&payload["body"], &payload["isBase64Encoded"]), (&json!(r#"{"n":1}"#), &json!(false)));
    let context = &payload["requestContext"];
    assert_eq!((&context["apiId"], &context["stage"]), (&json!("abc123"), &json!("$default")));
    assert_eq!((&context["http"]["method"], &context["http"]["path"]), (&json!("GET"), &json!("/orders/o-1")));
    assert_eq!(
        (&context["time"], &context["timeEpoch"]),
        (&json!("01/Jan/2026:00:00:00 +0000"), &json!(1_767_225_600_000_i64))
    );
    assert_eq!(context.get("authorizer"), None);
    let bare = payload_of(&api(), "/orders/o-1", &[], b"");
    for absent in ["cookies", "queryStringParameters", "body"] {
        assert_eq!(bare.get(absent), None, "{absent}");
    }
    let staged = payload_of(&HttpApi { stage: "prod".to_owned(), ..api() }, "/orders/o-1", &[], b"");
    assert_eq!(staged["rawPath"], "/prod/orders/o-1");
}

#[test]
fn a_body_that_is_no_text_is_encoded() {
    let form = payload_of(&api(), "/orders/o-1", &[("content-type", "application/x-www-form-urlencoded")], b"a=1");
    assert_eq!((&form["body"], &form["isBase64Encoded"]), (&json!("YT0x"), &json!(true)));
    let broken = payload_of(&api(), "/orders/o-1", &[("content-type", "application/json")], &[0xff]);
    assert_eq!((&broken["body"], &broken["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
}

fn read(answer: &str) -> (u16, HeaderMap, String) {
    let (head, body) = response(answer).into_parts();
    let body = block_on(to_bytes(body, usize::MAX)).unwrap();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn an_answer_is_a_response_or_the_body_of_one() {
    let (status, headers, body) = read(
        r#"{"statusCode":201,"headers":{"Location":"/orders/1","content-type":"application/json"},
            "cookies":["a=1","b=2"],"body":"{\"done\":true}"}"#,
    );
    assert_eq!((status, body.as_str()), (201, r#"{"done":true}"#));
    assert_eq!(
        (&headers["location"], &headers["content-type"]),
        (&"/orders/1".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    let (status, headers, body) = read(r#"{"statusCode":"200","body":"aGk=","isBase64Encoded":true}"#);
    assert_eq!(
        (status, headers["content-type"].to_str().unwrap(), body.as_str()),
        (200, "text/plain;charset=UTF-8", "hi")
    );
    for plain in [r#"{"order":"o-1"}"#, r#""text""#, "null", "[1,2]"] {
        let (status, headers, body) = read(plain);
        assert_eq!(
            (status, headers["content-type"].to_str().unwrap(), body.as_str()),
            (200, "application/json", plain)
        );
    }
    for malformed in [
        "no JSON",
        r#"{"statusCode":"many"}"#,
        r#"{"statusCode":99}"#,
        r#"{"statusCode":200,"body":{}}"#,
        r#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#,
        r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
        r#"{"statusCode":200,"headers":{"a":"b\nc"}}"#,
    ] {
        let (status, _, body) = read(malformed);
        assert_eq!((status, body.as_str()), (500, r#"{"message":"Internal Server Error"}"#), "{malformed}");
    }
}

fn token(claims: &Value) -> HeaderMap {
    let body = URL_SAFE_NO_PAD.encode(claims.to_string());
    headers(&[("authorization", &format!("Bearer e30.{body}.c2ln"))])
}

#[test]
fn a_token_is_accepted_from_its_issuer_for_an_audience_and_in_time() {
    let authorizer = JwtAuthorizer { issuer: "https://id".to_owned(), audience: vec!["shop".to_owned()] };
    let now = Timestamp::from_second(1_000).unwrap();
    let valid = json!({ "iss": "https://id", "aud": ["other", "shop"], "exp": 2_000, "sub": "u-1", "admin": true });
    let claims = authorize(&authorizer, &token(&valid), now).unwrap().texts();
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("u-1"), &json!("[other shop]")));
    assert_eq!((&claims["exp"], &claims["admin"]), (&json!("2000"), &json!("true")));
    for (name, value) in [
        ("iss", json!("https://other")),
        ("aud", json!("till")),
        ("aud", json!([])),
        ("exp", json!(1_000)),
        ("exp", json!("2000")),
        ("nbf", json!(1_001)),
        ("iat", json!(1_001)),
    ] {
        let mut claims = valid.clone();
        claims[name] = value;
        assert_eq!(authorize(&authorizer, &token(&claims), now), None, "{claims}");
    }
    for given in ["", "Bearer", "Bearer a.b", "Bearer a.b.c.d", "Bearer e30.e30.e30", "Basic dTpw"] {
        assert_eq!(authorize(&authorizer, &headers(&[("authorization", given)]), now), None, "{given}");
    }
    assert_eq!(authorize(&authorizer, &HeaderMap::new(), now), None);
}

#[test]
fn pages_of_allowed_origins_may_read_answers() {
    let cors = Cors {
        allow_origins: vec!["http://localhost:3000".to_owned()],
        allow_methods: vec!["GET".to_owned(), "POST".to_owned()],
        allow_headers: vec!["content-type".to_owned()],
        expose_headers: vec!["etag".to_owned()],
        max_age: Some(300),
        allow_credentials: true,
    };
    let asked = headers(&[("origin", "http://localhost:3000"), ("access-control-request-method", "POST")]);
    assert!(is_preflight(&Method::OPTIONS, &asked) && !is_preflight(&Method::GET, &asked));
    let answer = preflight(&cors, &asked);
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("access-control-allow-origin").as_deref(), Some("http://localhost:3000"));
    assert_eq!(header("access-control-allow-methods").as_deref(), Some("GET,POST"));
    assert_eq!(header("access-control-allow-headers").as_deref(), Some("content-type"));
    assert_eq!(header("access-control-max-age").as_deref(), Some("300"));
    assert_eq!(header("access-control-allow-credentials").as_deref(), Some("true"));
    let foreign = preflight(&cors, &headers(&[("origin", "http://localhost:4000")]));
    assert!(foreign.headers().is_empty(), "{:?}", foreign.headers());
    let any = Cors { allow_origins: vec!["*".to_owned()], ..Cors::default() };
    assert_eq!(preflight(&any, &asked).headers()["access-control-allow-origin"], "*");
}
