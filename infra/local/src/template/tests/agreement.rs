//! The same stack comes out whether SAM's own translator has expanded a template or we do.
//! `serverless.translated.json` is what aws-sam-translator 1.110.0 makes of `serverless.yaml`.

use super::{
    super::{Function, Stack},
    stack,
};

/// In one order and without lines, which differ between the two texts.
fn comparable(mut stack: Stack) -> Stack {
    stack.functions.iter_mut().for_each(|one| one.line = 0);
    stack.functions.sort_by(|one, other| one.id.cmp(&other.id));
    stack.rules.iter_mut().for_each(|one| one.line = 0);
    stack.rules.sort_by(|one, other| one.id.cmp(&other.id));
    stack.schedules.iter_mut().for_each(|one| one.line = 0);
    stack.schedules.sort_by(|one, other| one.id.cmp(&other.id));
    stack.mappings.iter_mut().for_each(|one| one.line = 0);
    stack.mappings.sort_by(|one, other| one.id.cmp(&other.id));
    stack.tables.iter_mut().for_each(|one| one.line = 0);
    stack.tables.sort_by(|one, other| one.id.cmp(&other.id));
    stack.queues.iter_mut().for_each(|one| one.line = 0);
    stack.queues.sort_by(|one, other| one.id.cmp(&other.id));
    stack
}

fn both() -> (Stack, Stack) {
    (comparable(stack(include_str!("serverless.yaml"))), comparable(stack(include_str!("serverless.translated.json"))))
}

#[test]
fn rules_targets_dead_letters_and_retries_agree_with_the_translator() {
    let (ours, theirs) = both();
    assert_eq!(ours.rules.len(), 6);
    assert_eq!(ours.rules, theirs.rules);
}

#[test]
fn schedules_agree_with_the_translator() {
    let (ours, theirs) = both();
    assert_eq!(ours.schedules.len(), 2);
    assert_eq!(ours.schedules, theirs.schedules);
}

#[test]
fn mappings_agree_with_the_translator() {
    let (ours, theirs) = both();
    assert_eq!(ours.mappings.len(), 2);
    assert_eq!(ours.mappings, theirs.mappings);
}

#[test]
fn tables_and_queues_agree_with_the_translator() {
    let (ours, theirs) = both();
    assert_eq!(ours.tables.len(), 3);
    assert_eq!(ours.tables, theirs.tables);
    assert_eq!(ours.queues.len(), 7);
    assert_eq!(ours.queues, theirs.queues);
}

#[test]
fn functions_and_the_fate_of_their_invokes_agree_with_the_translator() {
    let (ours, theirs) = both();
    // What a function may do is in its role, once the translator has been over it.
    let plain = |function: Function| Function { policies: None, ..function };
    let ours: Vec<Function> = ours.functions.into_iter().map(plain).collect();
    assert_eq!(ours.len(), 3);
    assert_eq!(ours, theirs.functions);
}

#[test]
fn nothing_of_the_example_is_left_unread_but_who_is_told_of_a_success() {
    let (ours, theirs) = both();
    let left = |stack: &Stack| stack.findings.iter().map(|finding| finding.what.clone()).collect::<Vec<_>>();
    assert_eq!(left(&ours), ["success destinations are not supported here"]);
    assert_eq!(left(&theirs), ["success destinations are not supported here"]);
}

#[test]
fn permissions_queue_policies_and_roles_are_there_under_the_same_ids() {
    let (ours, theirs) = both();
    let ids = |stack: Stack| {
        let mut ids: Vec<String> = stack.documents.into_iter().map(|document| document.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(ours), ids(theirs));
}
