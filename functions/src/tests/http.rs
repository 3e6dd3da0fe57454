//! The HTTP API in memory: commands, outcomes, views, and what a user may see.

use causeway::{
    App,
    http::{Caller, HttpRequest, HttpResponse},
};
use futures::executor::block_on;
use serde_json::{Value, json};

use super::{place, receive, test_app::TestApp};
use crate::http::http_functions;

fn user(subject: &str) -> Caller {
    Caller::User { subject: subject.to_owned(), scopes: Vec::new() }
}

/// Answers a request by the route that its path has.
fn send(app: &App, caller: Caller, key: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> HttpResponse {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = |text: &str| -> Vec<(String, String)> {
        text.split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    };
    let (_, template) = key.split_once(' ').expect("a method");
    let variables = template.split('/').zip(path.split('/'));
    let variables = variables
        .filter_map(|(part, value)| Some((part.strip_prefix('{')?.strip_suffix('}')?.to_owned(), value.to_owned())));
    let request = HttpRequest {
        route: key.to_owned(),
        path_parameters: variables.collect(),
        query: pairs(query).into_iter().collect(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        caller,
    };
    let functions = http_functions();
    let function = functions.iter().find(|function| function.routes.iter().any(|route| route.key() == key));
    block_on(function.expect("a route").answer(app, request))
}

fn get(app: &TestApp, caller: Caller, key: &str, path: &str) -> (u16, Value) {
    let response = send(&app.app, caller, &format!("GET {key}"), path, &[], &Value::Null);
    (response.status, serde_json::from_str(&response.body).unwrap_or_default())
}

fn post(app: &TestApp, caller: Caller, name: &str, headers: &[(&str, &str)], body: &Value) -> HttpResponse {
    send(&app.app, caller, "POST /commands/{command}", &format!("/commands/{name}"), headers, body)
}

fn problem(response: &HttpResponse) -> (u16, Value) {
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    (response.status, body["field"].clone())
}

fn shop_with_an_order() -> TestApp {
    let app = TestApp::new(1);
    app.publish("ReceiveStock", receive("mug", 5));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2)]));
    app.publish("OpenAccount", json!({ "accountId": "a-1", "userId": "u-1", "currency": "EUR" }));
    app.publish(
        "AddToCart",
        json!({ "userId": "u-1", "sku": "mug", "quantity": 1, "unitPrice": { "amount": 1, "currency": "EUR" } }),
    );
    app
}

/// Each route with a path to what belongs to the user `u-1`, or to nobody but operators.
const OF_ONE_USER: [(&str, &str); 6] = [
    ("/orders/{id}", "/orders/o-1"),
    ("/users/{id}/orders", "/users/u-1/orders"),
    ("/accounts/{id}", "/accounts/a-1"),
    ("/accounts/{id}/transactions", "/accounts/a-1/transactions"),
    ("/carts/{user}", "/carts/u-1"),
    ("/shipments/{order}", "/shipments/o-1"),
];
const OF_OPERATORS: [(&str, &str); 3] = [
    ("/processes", "/processes?status=completed"),
    ("/sales", "/sales"),
    ("/streams/{context}/{id}", "/streams/order/o-1?at=1"),
];

#[test]
fn a_user_sees_their_own_and_nobody_else_does() {
    let app = shop_with_an_order();
    for (key, path) in OF_ONE_USER {
        assert_eq!(get(&app, user("u-1"), key, path).0, 200, "{path}");
        assert_eq!(get(&app, Caller::Local, key, path).0, 200, "{path}");
        let (status, body) = get(&app, user("u-2"), key, path);
        assert!(matches!(status, 403 | 404) && !body.to_string().contains("mug"), "{path}: {status} {body}");
    }
    let operator = Caller::User { subject: "op".into(), scopes: vec!["operator".into()] };
    for (key, path) in OF_OPERATORS {
        assert_eq!(get(&app, operator.clone(), key, path).0, 200, "{path}");
        assert_eq!(get(&app, user("u-1"), key, path).0, 403, "{path}");
    }
    assert_eq!(get(&app, user("u-2"), "/stock/{sku}", "/stock/mug").0, 200);
    assert_eq!(get(&app, user("u-2"), "/users/{id}", "/users/u-1").0, 403);
}

#[test]
fn a_user_sends_commands_about_their_own_only() {
    let app = shop_with_an_order();
    let order = place("o-2", &[("mug", 1)]);
    assert_eq!(problem(&post(&app, user("u-2"), "PlaceOrder", &[], &order)), (403, json!("userId")));
    assert_eq!(post(&app, user("u-1"), "PlaceOrder", &[], &order).status, 202);
    let cancel = json!({ "orderId": "o-1", "reason": "mine" });
    assert_eq!(problem(&post(&app, user("u-2"), "CancelOrder", &[], &cancel)), (403, json!("orderId")));
    assert_eq!(post(&app, user("u-1"), "CancelOrder", &[], &cancel).status, 202);
    assert_eq!(post(&app, user("u-1"), "ReceiveStock", &[], &receive("mug", 5)).status, 403);
    let transfer =
        json!({ "transferId": "t-1", "from": "a-1", "to": "a-2", "amount": { "amount": 1, "currency": "EUR" } });
    assert_eq!(post(&app, user("u-2"), "RequestTransfer", &[], &transfer).status, 403);
}

#[test]
fn bad_input_gets_a_problem_that_names_the_field() {
    let app = TestApp::new(1);
    let bodies = [
        (json!({ "orderId": "o-1" }), 400, json!("userId")),
        (json!([]), 400, json!(".")),
        (Value::Null, 400, json!("body")),
        (json!({ "orderId": "o/1", "userId": "u-1", "lines": [] }), 400, json!("orderId")),
        (json!({ "orderId": "o-1", "userId": "u-1", "lines": "x".repeat(200_000) }), 413, json!("body")),
    ];
    for (body, status, field) in bodies {
        let response = post(&app, Caller::Local, "PlaceOrder", &[], &body);
        let found = problem(&response);
        assert_eq!(found.0, status, "{}", response.body);
        assert!(
            status != 400 || found.1 == field || response.body.contains(field.as_str().unwrap_or_default()),
            "{}",
            response.body
        );
    }
    let form = post(&app, Caller::Local, "PlaceOrder", &[("content-type", "text/csv")], &json!({}));
    assert_eq!(problem(&form), (415, json!("Content-Type")));
    assert_eq!(post(&app, Caller::Local, "Nothing", &[], &json!({})).status, 404);
    assert_eq!(post(&app, Caller::Local, "FulfilmentDeadlinePassed", &[], &json!({})).status, 404);
    for path in ["/orders/a%20b", "/orders/"] {
        assert_eq!(get(&app, Caller::Local, "/orders/{id}", path).0, 400, "{path}");
    }
    assert_eq!(get(&app, Caller::Local, "/processes", "/processes").0, 400);
    assert_eq!(get(&app, Caller::Local, "/sales", "/sales?day=2026-02-30").0, 400);
    assert_eq!(get(&app, Caller::Local, "/streams/{context}/{id}", "/streams/order/o-1?at=soon").0, 400);
    assert_eq!(get(&app, Caller::Local, "/commands/{command}", "/commands/c-1?wait=1h").0, 400);
}

#[test]
fn a_row_waits_for_a_version_and_has_an_entity_tag() {
    let app = shop_with_an_order();
    let order = |headers: &[(&str, &str)]| {
        send(&app.app, Caller::Local, "GET /orders/{id}", "/orders/o-1", headers, &Value::Null)
    };
    let first = order(&[("if-version", "1")]);
    let (version, tag) = (first.header("version").expect("a version"), first.header("etag").expect("a tag"));
    assert_eq!(order(&[("if-none-match", tag)]).status, 304);
    assert_eq!(order(&[("if-version", version)]).status, 200);
    assert_eq!(problem(&order(&[("if-version", "99")])), (409, json!("If-Version")));
    assert_eq!(problem(&order(&[("if-version", "-1")])), (400, json!("If-Version")));
}

#[test]
fn the_orders_of_a_user_come_page_by_page() {
    let app = TestApp::new(1);
    (0..5).for_each(|number| app.publish("PlaceOrder", place(&format!("o-{number}"), &[("mug", 1)])));
    let (mut cursor, mut orders) = (String::new(), Vec::new());
    loop {
        let (status, page) =
            get(&app, user("u-1"), "/users/{id}/orders", &format!("/users/u-1/orders?limit=2{cursor}"));
        assert_eq!(status, 200, "{page}");
        orders.extend(page["rows"].as_array().expect("rows").iter().map(|row| row["orderId"].clone()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    orders.sort_by_key(Value::to_string);
    assert_eq!(orders, (0..5).map(|number| json!(format!("o-{number}"))).collect::<Vec<_>>());
}

#[test]
fn a_key_makes_repeats_one_command() {
    let app = TestApp::new(1);
    let order = place("o-1", &[("mug", 1)]);
    let send = |caller: Caller, key: &str| {
        let response = post(&app, caller, "PlaceOrder", &[("idempotency-key", key)], &order);
        assert_eq!(response.status, 202, "{}", response.body);
        response.header("location").expect("a location").to_owned()
    };
    let first = send(user("u-1"), "k-1");
    assert!((0..50).all(|_| send(user("u-1"), "k-1") == first));
    assert_ne!(send(user("u-1"), "k-2"), first);
    assert_ne!(send(Caller::Local, "k-1"), first);
}
