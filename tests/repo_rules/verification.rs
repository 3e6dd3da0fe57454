//! A handler that acts on an event verifies it against the log; only views may follow from unverified events.

use std::{collections::BTreeSet, path::Path};

use causeway::Kind;
use xtask::repo;

use super::assert_none;

#[test]
fn a_handler_that_acts_on_an_event_verifies_it() {
    let verified = functions::routes()
        .into_iter()
        .filter(|route| route.verification != causeway::delivery::Verification::Origin)
        .count();
    assert!(verified >= 9, "only {verified} handlers verify their event");
    assert_none(problems(&repo::root()));
}

#[test]
fn a_handler_that_does_not_verify_its_event_is_reported() {
    let copy = tempfile::tempdir().unwrap();
    let path = "functions/src/shop.rs";
    let handler =
        |input: &str| format!("pub async fn on_it(app: App, event: {input}) -> Outcome {{\n    act(&event)\n}}\n");
    for (verified, message) in [("Verified", "StockReserved"), ("TimerFired", "FulfilmentDeadlinePassed")] {
        repo::write(copy.path(), path, &handler(&format!("{verified}<{message}>"))).unwrap();
        assert_eq!(problems(copy.path()), Vec::<String>::new());
        repo::write(copy.path(), path, &handler(&format!("Received<{message}>"))).unwrap();
        let found = problems(copy.path());
        assert!(matches!(found.as_slice(), [one] if one.contains(message)), "{found:?}");
    }
}

/// The handlers that act on unverified events.
fn problems(root: &Path) -> Vec<String> {
    let catalogue = domain::catalogue();
    let events: BTreeSet<&str> = catalogue
        .iter()
        .filter(|entry| entry.description.kind == Kind::Event)
        .map(|entry| entry.description.name)
        .collect();
    let mut problems = Vec::new();
    for path in repo::files(root, "functions/src").unwrap().into_iter().filter(|path| !path.contains("/tests")) {
        let page = repo::read(root, &path).unwrap();
        for handler in page.split("pub async fn ").skip(1) {
            let body = handler.split("\n}").next().unwrap_or_default();
            let received = body.split_once("Received<").and_then(|(_, rest)| rest.split('>').next());
            let acts = ![".project::<", ".contribute::<"].iter().any(|one| body.contains(one));
            if let Some(event) = received.filter(|received| acts && events.contains(received)) {
                problems.push(format!(
                    "{path}: a handler acts on {event}; it must take Verified<{event}> or TimerFired<{event}>"
                ));
            }
        }
    }
    problems
}
