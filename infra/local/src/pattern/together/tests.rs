//! The search against the plain definition: try every value of every field, in order,
//! and go back one step at a time. Slow, but short enough to be believed.

use std::fmt::Write as _;

use super::super::{Event, Pattern, branch::Branch};
use crate::pattern::tests::Dice;

/// Tries all values of all fields, the last field first when one fails.
fn plainly(branch: &Branch, event: &Event, field: usize, entered: &mut Vec<(u32, u32)>) -> bool {
    let Some(wanted) = branch.fields().get(field) else {
        return true;
    };
    let leaves = event.leaves(&wanted.path);
    let fits = |element, entered: &[(u32, u32)]| {
        let mut around = event.elements(element);
        around.all(|one| entered.iter().all(|(list, index)| *list != one.list || *index == one.index))
    };
    for leaf in leaves {
        let accepted = wanted.wanted.iter().any(|wanted| wanted.test.accepts(event.value(leaf)));
        if accepted && fits(leaf.element, entered) {
            let before = entered.len();
            entered.extend(event.elements(leaf.element).map(|element| (element.list, element.index)));
            let found = plainly(branch, event, field + 1, entered);
            entered.truncate(before);
            if found {
                return true;
            }
        }
    }
    let hidden = leaves.iter().all(|leaf| !fits(leaf.element, entered));
    wanted.may_be_absent() && hidden && plainly(branch, event, field + 1, entered)
}

fn value(dice: &mut Dice, depth: u32) -> String {
    match dice.below(if depth == 0 { 3 } else { 7 }) {
        0 => "1".to_owned(),
        1 => "2".to_owned(),
        2 => "\"x\"".to_owned(),
        3 | 4 => object(dice, depth - 1),
        _ => {
            let items: Vec<_> = (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
    }
}

fn object(dice: &mut Dice, depth: u32) -> String {
    let mut text = String::new();
    for name in ["a", "b", "c"] {
        if dice.below(3) > 0 {
            write!(text, ",\"{name}\":{}", value(dice, depth)).expect("strings grow");
        }
    }
    format!("{{{}}}", text.trim_start_matches(','))
}

fn pattern(dice: &mut Dice) -> String {
    let fields: Vec<_> = (0..=dice.below(4))
        .map(|_| {
            let steps: Vec<_> = (0..=dice.below(3)).map(|_| *dice.one_of(&["a", "b", "c"])).collect();
            let wanted =
                dice.one_of(&["1", "2", "1,2", "{\"exists\":true}", "{\"exists\":false}", "{\"exists\":false},1"]);
            format!("\"{}\":[{wanted}]", steps.join("."))
        })
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn the_search_finds_what_trying_everything_finds() {
    let mut dice = Dice::new(7);
    let mut matched = 0;
    for _ in 0..20_000 {
        let (event, pattern) = (object(&mut dice, 4), pattern(&mut dice));
        let parsed = Event::parse(&event).expect("the event is valid");
        let branches = Pattern::parse(&pattern).expect("the pattern is valid").branches;
        let plain = branches.iter().any(|branch| plainly(branch, &parsed, 0, &mut Vec::new()));
        let searched = branches.iter().any(|branch| branch.matches(&parsed));
        assert_eq!(searched, plain, "{pattern} on {event}");
        matched += usize::from(searched);
    }
    assert!((2_000..18_000).contains(&matched), "{matched} of the pairs match");
}

#[test]
fn lists_side_by_side_do_not_multiply() {
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
