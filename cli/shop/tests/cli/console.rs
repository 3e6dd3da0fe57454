//! The console on the port of the local cloud: its pages show what the commands print, its forms do what they do, and
//! nobody else's page can send them.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use causeway_cli::command_status::CommandStatus;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::stage::Stage;

/// The most that a page has.
const LARGEST: usize = 16 << 20;

struct Page {
    status: StatusCode,
    policy: String,
    html: String,
}

/// Sends a request to the port, with further headers.
async fn send(stage: &Stage, path: &str, form: Option<&str>, headers: &[(&str, &str)]) -> Page {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().uri(format!("{}{path}", stage.running.cloud.endpoint()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = match form {
        None => request.body(Body::empty()),
        Some(form) => request
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned())),
    };
    let response = client.request(request.expect("a request")).await.expect("a response");
    let (head, body) = response.map(Body::new).into_parts();
    let policy = head.headers.get("content-security-policy").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let html = to_bytes(body, LARGEST).await.expect("a body");
    Page { status: head.status, policy: policy.to_owned(), html: String::from_utf8_lossy(&html).into_owned() }
}

/// The content of a page, without what a script loads later.
async fn page(stage: &Stage, path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    let page = send(stage, &format!("/console/{path}{separator}whole=yes"), None, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.html);
    assert!(page.policy.starts_with("default-src 'self'"), "{path}: {}", page.policy);
    page.html
}

async fn token(stage: &Stage) -> String {
    let live = page(stage, "live").await;
    let (_, rest) = live.split_once("name=\"token\" value=\"").expect("a token");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Sends a form with the token, as the page's own script-free form does.
async fn act(stage: &Stage, path: &str, fields: &[(&str, &str)]) -> String {
    let token = token(stage).await;
    let encode = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let form = format!("token={token}&{}", fields.join("&"));
    let page = send(stage, &format!("/console/{path}"), Some(&form), &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.html);
    page.html
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_shows_what_the_command_prints() {
    let (stage, order) = Stage::with_confirmed_order().await;
    let streams = page(&stage, &format!("streams?stream=order/{order}&at=1")).await;
    for event in stage.json(&["history", &format!("order/{order}")]).await {
        assert!(streams.contains(event["type"].as_str().expect("a type")), "{event}");
        assert!(streams.contains(event["eventId"].as_str().expect("an id")), "{event}");
    }
    assert!(streams.contains("State at version 1") && streams.contains("From version 0 to 1"));
    let flow = page(&stage, &format!("flow?of=order/{order}")).await;
    for node in stage.json(&["trace", &format!("order/{order}")]).await {
        let name = node["type"].as_str().or(node["command"].as_str()).expect("a type, or the command of an outcome");
        assert!(flow.contains(name), "{node}");
    }
    assert!(flow.contains("inventory-on-reserve-stock"), "handlers are named");
    let sagas = page(&stage, &format!("sagas?saga=fulfilment/{order}")).await;
    for step in stage.json(&["saga", "show", &order]).await[0]["state"]["steps"].as_object().expect("steps").keys() {
        assert!(sagas.contains(step.as_str()), "{step}");
    }
    let timers = page(&stage, "timers").await;
    for timer in stage.json(&["timers", "ls"]).await {
        assert!(timers.contains(timer["name"].as_str().expect("a name")), "{timer}");
    }
    let views = page(&stage, &format!("views?view=order-summary&id={order}")).await;
    let row = &stage.json(&["view", "order-summary", &order]).await[0];
    assert!(views.contains(&format!("After version {}", row["version"])), "{views}");
    let map = page(&stage, "map").await;
    assert!(map.contains("order-on-place-order") && map.contains("rules and targets"), "{map}");
    let sales = page(&stage, "sales").await;
    assert!(sales.contains("Orders per minute") && sales.contains("<svg"), "{sales}");
    assert!(page(&stage, "dead-letters").await.contains("No dead letters."));
    assert!(page(&stage, "live").await.contains("PlaceOrder"), "samples can be published");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_publish_and_redrive_as_the_commands_do() {
    let stage = Stage::open().await;
    let place = |order: &str| {
        format!(
            r#"{{"eventId": "by-console-{order}", "data": {{"orderId": "{order}", "userId": "u-1",
                "contactEmail": "ada@example.com", "lines": [{{"sku": "mug", "quantity": 1,
                "unitPrice": {{"amount": 100, "currency": "EUR"}}}}]}}}}"#
        )
    };
    let published = act(&stage, "live", &[("name", "PlaceOrder"), ("detail", &place("o-81"))]).await;
    assert!(published.contains("by-console-o-81"), "{published}");
    let refused = act(&stage, "live", &[("name", "infra/template.yaml"), ("detail", "{}")]).await;
    assert!(refused.contains("no message is called"), "a page reads no files: {refused}");
    let broken = r#"Detail={"eventId":"broken-1","data":{"orderId":"o-82","note":"<script>alert(1)</script>"}}"#;
    stage.output(&["put", "PlaceOrder", "--set", broken]).await;
    while stage.json(&["dlq", "ls"]).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let letters = page(&stage, "dead-letters").await;
    assert!(letters.contains("MALFORMED") && letters.contains("&lt;script&gt;alert(1)"), "{letters}");
    assert!(!letters.contains("<script>alert"), "{letters}");
    let id = stage.json(&["dlq", "ls"]).await[0]["id"].as_str().expect("an id").to_owned();
    let edited = act(&stage, "dead-letters", &[("id", &id), ("detail", &place("o-82")), ("do", "edit")]).await;
    assert!(edited.contains("redriven"), "{edited}");
    while stage.output(&["history", "order/o-82"]).await.ended == CommandStatus::NotFound {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(stage.json(&["dlq", "ls"]).await.len(), 0);
    let aborted = act(&stage, "sagas", &[("saga", "fulfilment/o-99"), ("do", "resume")]).await;
    assert!(aborted.contains("has no events"), "{aborted}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_token_and_a_page_of_another_site_are_refused() {
    let stage = Stage::open().await;
    let form = "name=ReceiveStock&detail={}";
    for form in [form.to_owned(), format!("{form}&token=0"), format!("{form}&token={}", "0".repeat(32))] {
        assert_eq!(send(&stage, "/console/live", Some(&form), &[]).await.status, StatusCode::FORBIDDEN, "{form}");
    }
    let form = format!("{form}&token={}", token(&stage).await);
    for foreign in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("host", "evil.example")] {
        for (path, form) in [("/console/live", Some(form.as_str())), ("/console/live/events", None), ("/", None)] {
            let refused = send(&stage, path, form, &[foreign]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {foreign:?}");
        }
    }
    let door = send(&stage, "/", None, &[]).await;
    assert_eq!(door.status, StatusCode::TEMPORARY_REDIRECT, "{}", door.html);
    stage.close().await;
}
