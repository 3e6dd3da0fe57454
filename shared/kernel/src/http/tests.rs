//! Requests and responses: parameters, pages, entity tags, problems.

use std::collections::BTreeMap;

use futures::executor::block_on;
use jiff::SignedDuration;

use super::{request::to_hex, *};
use crate::{memory::Memory, view::Page};

fn request(query: &[(&str, &str)], headers: &[(&str, &str)]) -> HttpRequest {
    let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    HttpRequest {
        route: "GET /orders/{id}".into(),
        path_parameters: BTreeMap::new(),
        query: map(query),
        headers: map(headers),
        body: Vec::new(),
        caller: Caller::Local,
    }
}

#[test]
fn a_page_has_a_limit_from_1_to_100_and_a_cursor_that_was_given() {
    let token = r#"["2026","ö"]"#;
    let page = request(&[("limit", "100"), ("cursor", &to_hex(token))], &[]).page();
    assert_eq!(page, Ok(Page { limit: 100, newest_first: true, after: Some(token.into()) }));
    for (name, value) in
        [("limit", "0"), ("limit", "101"), ("limit", "ten"), ("cursor", ""), ("cursor", "abc"), ("cursor", "ff")]
    {
        let problem = request(&[(name, value)], &[]).page().expect_err(value);
        assert_eq!((problem.status, problem.field.as_deref()), (400, Some(name)), "{value}");
    }
}

#[test]
fn a_caller_acts_for_itself_an_operator_and_this_machine_for_all() {
    let user = |scopes: &[&str]| Caller::User {
        subject: "u-1".into(),
        scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
    };
    assert!(user(&[]).acts_for("u-1") && !user(&[]).acts_for("u-2") && !user(&["orders"]).is_operator());
    assert!(user(&["orders", "operator"]).acts_for("u-2") && Caller::Local.acts_for("u-2"));
}

#[test]
fn a_known_entity_tag_gets_304_without_the_body() {
    let response = || HttpResponse::json(200, &["one"]).expect("a response");
    let tag = response().tagged(&request(&[], &[])).header("etag").expect("a tag").to_owned();
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".into()] {
        let again = response().tagged(&request(&[], &[("if-none-match", &known)]));
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
    }
    let other = HttpResponse::json(200, &["two"]).expect("a response");
    assert_eq!(other.tagged(&request(&[], &[("if-none-match", &tag)])).status, 200);
}

#[test]
fn a_problem_names_the_field_and_the_rule() {
    let response = HttpResponse::from(Problem::invalid("lines", "is missing"));
    assert_eq!((response.status, response.header("content-type")), (400, Some("application/problem+json")));
    let body: serde_json::Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!((&body["field"], &body["rule"], &body["status"]), (&"lines".into(), &"is missing".into(), &400.into()));
}

#[test]
fn a_request_waits_as_long_as_it_may_with_few_reads() {
    let app = Memory::new(1).app();
    for (seconds, reads) in [(0, 0), (5, 15), (20, 53)] {
        let (begin, mut pauses, mut paused) = (app.clock().now(), Pauses::of(SignedDuration::from_secs(seconds)), 0);
        while block_on(pauses.pause(&app)) {
            paused += 1;
        }
        assert_eq!((app.clock().now().duration_since(begin).as_secs(), paused), (seconds, reads));
    }
}
