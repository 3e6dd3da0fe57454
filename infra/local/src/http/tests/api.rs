//! Requests to HTTP APIs, on both of their addresses.

use super::*;
use crate::{
    lambda::fixture::ARN,
    template::{HttpApi, HttpRoute, JwtAuthorizer},
};

fn api(authorizer: Option<JwtAuthorizer>) -> HttpApi {
    let route = |method: &str, path: &str| HttpRoute {
        method: Some(method.to_owned()),
        path: path.to_owned(),
        function_arn: ARN.to_owned(),
        timeout_millis: 50,
        is_open: false,
        line: 1,
    };
    HttpApi {
        id: "Api".to_owned(),
        api_id: "abc123".to_owned(),
        endpoint: String::new(),
        stage: "$default".to_owned(),
        cors: None,
        authorizer,
        routes: vec![route("GET", "/orders/{id}"), route("POST", "/commands/{name}")],
        line: 1,
    }
}

async fn server(behaviours: impl IntoIterator<Item = Behaviour>, authorizer: Option<JwtAuthorizer>) -> Server {
    Server::of(behaviours, Faults::none(), vec![api(authorizer)]).await
}

#[tokio::test]
async fn a_route_invokes_its_function_on_each_address_of_the_api() {
    let answer = r#"{"statusCode":202,"headers":{"location":"/commands/c-1"},"body":"ok"}"#;
    let server = server([(); 3].map(|()| Behaviour::Answer(answer)), None).await;
    let addresses = ["/api", "/_aws/execute-api/abc123", "/_aws/execute-api/abc123/$default"];
    for address in addresses {
        let answer = server.send("POST", &format!("{address}/commands/PlaceOrder?dry=1"), &[], "{}").await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, "ok"), "{address}");
        assert_eq!(answer.header("location"), "/commands/c-1");
        assert!(answer.header("apigw-requestid").len() > 20);
    }
    let invocations = server.fixture.function.invocations.lock().unwrap();
    let payload: Value = serde_json::from_str(&invocations[2].payload).unwrap();
    assert_eq!(payload["rawPath"], "/commands/PlaceOrder");
    assert_eq!(payload["pathParameters"], json!({ "name": "PlaceOrder" }));
}

#[tokio::test]
async fn what_no_route_answers_is_an_error_of_the_api() {
    let server = server([Behaviour::Fail, Behaviour::Hang], None).await;
    for (path, status, message) in [
        ("/api/nowhere", 404, "Not Found"),
        ("/_aws/execute-api/other/orders/o-1", 404, "Not Found"),
        ("/api/orders/o-1", 500, "Internal Server Error"),
        ("/api/orders/o-2", 503, "Service Unavailable"),
    ] {
        let answer = server.send("GET", path, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "message": message })), "{path}");
    }
    let large = server.send("POST", "/api/commands/PlaceOrder", &[], vec![b' '; 10 * 1024 * 1024 + 1]).await;
    assert_eq!((large.status.as_u16(), large.json()), (413, json!({ "message": "Request Entity Too Large" })));
}

#[tokio::test]
async fn an_authorizer_wants_a_token() {
    let authorizer = JwtAuthorizer { issuer: "https://id".to_owned(), audience: vec!["shop".to_owned()] };
    let server = server([Behaviour::Answer("{}")], Some(authorizer)).await;
    let answer = server.send("GET", "/api/orders/o-1", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (401, json!({ "message": "Unauthorized" })));
    // {"iss":"https://id","aud":"shop","exp":99999999999,"sub":"u-1"}
    let token = "Bearer e30.eyJpc3MiOiJodHRwczovL2lkIiwiYXVkIjoic2hvcCIsImV4cCI6OTk5OTk5OTk5OTksInN1YiI6InUtMSJ9.c2ln";
    let answer = server.send("GET", "/api/orders/o-1", &[("authorization", token)], "").await;
    assert_eq!(answer.status.as_u16(), 200);
    let invocations = server.fixture.function.invocations.lock().unwrap();
    let payload: Value = serde_json::from_str(&invocations[0].payload).unwrap();
    assert_eq!(payload["requestContext"]["authorizer"]["jwt"]["claims"]["sub"], "u-1");
}
