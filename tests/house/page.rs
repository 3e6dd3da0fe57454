//! The routing page as the rules read it, with what the template says of each line.

use std::path::Path;

use causeway::Kind;
use serde_json::Value;
use xtask::{place, template};

/// One line of the page.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) context: String,
    pub(super) message: String,
    pub(super) owner: String,
    pub(super) claimed: bool,
    pub(super) kind: Kind,
}

impl Line {
    pub(super) fn function(&self) -> String {
        causeway::function_name(&self.context, &self.message)
    }

    /// The owner of a fact; a wish may come from anyone.
    pub(super) fn said_by(&self) -> Option<&str> {
        (self.kind == Kind::Event).then_some(self.owner.as_str())
    }
}

/// The page of the functions.
pub(super) fn lines() -> Vec<Line> {
    let catalogue = domain::catalogue();
    let lines = functions::routes().into_iter().map(|route| {
        let entry = catalogue.iter().find(|entry| entry.description.name == route.message);
        let kind = entry.unwrap_or_else(|| panic!("{} is not in domain::catalogue()", route.message)).description.kind;
        Line {
            context: route.context.to_owned(),
            message: route.message.to_owned(),
            owner: route.owner.to_owned(),
            claimed: route.claimed,
            kind,
        }
    });
    lines.collect()
}

/// The template of a house.
pub(super) fn stack(root: &Path) -> Value {
    template::read(&place::read(root, place::FLAT_TEMPLATE).unwrap()).unwrap()
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
