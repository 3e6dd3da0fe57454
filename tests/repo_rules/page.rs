//! The routing page as the rules read it, with what the template says of each line.

use std::path::Path;

use serde_json::Value;
use xtask::{repo, template};

/// One line of the page.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) context: String,
    pub(super) message: String,
    pub(super) claimed: bool,
}

impl Line {
    pub(super) fn function(&self) -> String {
        causeway::function_name(&self.context, &self.message)
    }
}

/// The page of the functions.
pub(super) fn lines() -> Vec<Line> {
    let lines = functions::routes().into_iter().map(|route| Line {
        context: route.context.to_owned(),
        message: route.message.to_owned(),
        claimed: route.claimed,
    });
    lines.collect()
}

/// The template of a house.
pub(super) fn stack(root: &Path) -> Value {
    template::read(&repo::read(root, repo::FLAT_TEMPLATE).unwrap()).unwrap()
}

/// A template with another value at a place, by which a rule shows that it sees what is wrong. A place that is not
/// there is made if what it lies in is.
pub(super) fn planted_at(stack: &Value, pointer: &str, value: Value) -> Value {
    let mut planted = stack.clone();
    let (inside, last) = pointer.rsplit_once('/').unwrap();
    let inside = planted.pointer_mut(inside).unwrap_or_else(|| panic!("the template has no {inside}"));
    match inside {
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        inside => inside[last.replace("~1", "/")] = value,
    }
    planted
}
