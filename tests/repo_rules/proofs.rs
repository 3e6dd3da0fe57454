//! A handler that acts on a fact asks for its proof: only a view may follow from what nobody has looked up.

use std::{collections::BTreeSet, path::Path};

use causeway::Kind;
use xtask::repo;

use super::nothing_wrong;

#[test]
fn what_acts_on_a_fact_has_it_proven() {
    let proven = functions::routes()
        .into_iter()
        .filter(|route| route.verification != causeway::delivery::Verification::Origin)
        .count();
    assert!(proven >= 9, "only {proven} handlers ask for a proof");
    nothing_wrong(problems(&repo::root()));
}

#[test]
fn a_handler_that_believes_whatever_it_hears_is_seen() {
    let house = tempfile::tempdir().unwrap();
    let path = "functions/src/fulfilment.rs";
    let page = repo::read(&repo::root(), path).unwrap();
    repo::write(house.path(), path, &page).unwrap();
    assert_eq!(problems(house.path()), Vec::<String>::new());
    for proof in ["Verified<StockReserved>", "TimerFired<FulfilmentDeadlinePassed>"] {
        let message = proof.split(['<', '>']).nth(1).unwrap();
        repo::write(house.path(), path, &page.replace(proof, &format!("Received<{message}>"))).unwrap();
        let seen = problems(house.path());
        assert!(matches!(seen.as_slice(), [one] if one.contains(message)), "{seen:?}");
    }
}

/// The handlers of this house that act on facts they did not look up.
fn problems(root: &Path) -> Vec<String> {
    let catalogue = domain::catalogue();
    let facts: BTreeSet<&str> = catalogue
        .iter()
        .filter(|entry| entry.description.kind == Kind::Event)
        .map(|entry| entry.description.name)
        .collect();
    let mut problems = Vec::new();
    for path in repo::files(root, "functions/src").unwrap().into_iter().filter(|path| !path.contains("/tests")) {
        let page = repo::read(root, &path).unwrap();
        for handler in page.split("pub async fn ").skip(1) {
            let body = handler.split("\n}").next().unwrap_or_default();
            let heard = body.split_once("Received<").and_then(|(_, rest)| rest.split('>').next());
            let acts = !body.contains(".project::<");
            if let Some(fact) = heard.filter(|heard| acts && facts.contains(heard)) {
                problems.push(format!(
                    "{path}: a handler acts on {fact}; it must hear Verified<{fact}>, or TimerFired<{fact}>"
                ));
            }
        }
    }
    problems
}
