//! Compares the search with the plain definition: try every value of every field in order, and go back one step at a time.

use std::fmt::Write as _;

use super::super::{Event, Pattern, branch::Branch};
use crate::pattern::tests::Rng;

/// Tries all values of all fields, the last field first when one fails.
fn exhaustive(branch: &Branch, event: &Event, field: usize, entered: &mut Vec<(u32, u32)>) -> bool {
    let Some(current) = branch.fields().get(field) else {
        return true;
    };
    let leaves = event.leaves(&current.path);
    let fits = |element, entered: &[(u32, u32)]| {
        let mut around = event.elements(element);
        around.all(|one| entered.iter().all(|(list, index)| *list != one.list || *index == one.index))
    };
    for leaf in leaves {
        let accepted = current.conditions.iter().any(|condition| condition.operator.accepts(event.value(leaf)));
        if accepted && fits(leaf.element, entered) {
            let before = entered.len();
            entered.extend(event.elements(leaf.element).map(|element| (element.list, element.index)));
            let found = exhaustive(branch, event, field + 1, entered);
            entered.truncate(before);
            if found {
                return true;
            }
        }
    }
    let hidden = leaves.iter().all(|leaf| !fits(leaf.element, entered));
    current.may_be_absent() && hidden && exhaustive(branch, event, field + 1, entered)
}

fn value(rng: &mut Rng, depth: u32) -> String {
    match rng.below(if depth == 0 { 3 } else { 7 }) {
        0 => "1".to_owned(),
        1 => "2".to_owned(),
        2 => "\"x\"".to_owned(),
        3 | 4 => object(rng, depth - 1),
        _ => {
            let items: Vec<_> = (0..rng.below(4)).map(|_| value(rng, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
    }
}

fn object(rng: &mut Rng, depth: u32) -> String {
    let mut text = String::new();
    for name in ["a", "b", "c"] {
        if rng.below(3) > 0 {
            write!(text, ",\"{name}\":{}", value(rng, depth)).expect("strings grow");
        }
    }
    format!("{{{}}}", text.trim_start_matches(','))
}

fn pattern(rng: &mut Rng) -> String {
    let fields: Vec<_> = (0..=rng.below(4))
        .map(|_| {
            let steps: Vec<_> = (0..=rng.below(3)).map(|_| *rng.one_of(&["a", "b", "c"])).collect();
            let conditions =
                rng.one_of(&["1", "2", "1,2", "{\"exists\":true}", "{\"exists\":false}", "{\"exists\":false},1"]);
            format!("\"{}\":[{conditions}]", steps.join("."))
        })
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn the_search_agrees_with_an_exhaustive_search() {
    let mut rng = Rng::new(7);
    let mut matched = 0;
    for _ in 0..20_000 {
        let (event, pattern) = (object(&mut rng, 4), pattern(&mut rng));
        let parsed = Event::parse(&event).expect("the event is valid");
        let branches = Pattern::parse(&pattern).expect("the pattern is valid").branches;
        let plain = branches.iter().any(|branch| exhaustive(branch, &parsed, 0, &mut Vec::new()));
        let searched = branches.iter().any(|branch| branch.matches(&parsed));
        assert_eq!(searched, plain, "{pattern} on {event}");
        matched += usize::from(searched);
    }
    assert!((2_000..18_000).contains(&matched), "{matched} of the pairs match");
}

#[test]
fn independent_lists_do_not_multiply() {
    let list = format!("[{}{{\"x\":0,\"y\":0}}]", "{\"x\":1},".repeat(200));
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let lists: Vec<_> = names.iter().map(|name| format!("\"{name}\":{list}")).collect();
    let event = format!("{{\"z\":[{{{},\"i\":1}}]}}", lists.join(","));
    let event = Event::parse(&event).expect("the event is valid");
    let ones: Vec<_> = names.iter().map(|name| format!("\"{name}.x\":[1]")).collect();
    let matches = |last: &str| {
        let pattern = format!("{{\"z\":{{{},{last}}}}}", ones.join(","));
        Pattern::parse(&pattern).expect("the pattern is valid").matches(&event)
    };
    assert!(matches("\"i\":[1]"));
    assert!(!matches("\"h.y\":[0]"), "y is in another element than x");
    assert!(!matches("\"i\":[{\"exists\":false}]"), "i is in the same element as all lists");
    assert!(matches("\"h.y\":[{\"exists\":false}]"), "y is in another element than x");
}
