//! The template and the routes as the rules read them, and templates with a planted mistake.

use std::path::Path;

use serde_json::Value;
use xtask::{repo, template};

/// The flat template of a repository.
pub(super) fn template_of(root: &Path) -> Value {
    template::read(&repo::read(root, repo::FLAT_TEMPLATE).unwrap()).unwrap()
}

/// A template with another value at this pointer, which is added if its parent exists.
pub(super) fn planted_at(stack: &Value, pointer: &str, value: Value) -> Value {
    let mut planted = stack.clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let parent = planted.pointer_mut(parent).unwrap_or_else(|| panic!("the template has no {parent}"));
    match parent {
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        parent => parent[last.replace("~1", "/")] = value,
    }
    planted
}

/// Plants each of these values at its pointer; the rule must report a problem that contains the text.
pub(super) fn assert_reported<P: AsRef<str>, const N: usize>(
    stack: &Value,
    cases: [(P, Value, &str); N],
    problems: impl Fn(&Value) -> Vec<String>,
) {
    for (pointer, planted, expected) in cases {
        let problems = problems(&planted_at(stack, pointer.as_ref(), planted)).join("\n");
        assert!(problems.contains(expected), "{}: {problems}", pointer.as_ref());
    }
}
