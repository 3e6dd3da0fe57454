//! Paths into an event as targets write them: `$`, `$.detail.total`, `$.detail.lines[0]`, `$['detail-type']`.

use serde_json::Value;

/// One step on the way from the outside to the inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Element(usize),
}

/// The steps of a path, or nothing if it cannot be read.
pub(super) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = match rest.strip_prefix('.') {
            Some(named) => field(named)?,
            None => bracket(rest.strip_prefix('[')?)?,
        };
        steps.push(step);
    }
    Some(steps)
}

fn field(named: &str) -> Option<(Step, &str)> {
    let end = named.find(['.', '[']).unwrap_or(named.len());
    let (name, rest) = named.split_at_checked(end)?;
    (!name.is_empty() && !name.contains(['*', ' '])).then(|| (Step::Field(name.to_owned()), rest))
}

fn bracket(inside: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = inside.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Step::Field(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = inside.split_once(']')?;
    Some((Step::Element(index.parse().ok()?), rest))
}

/// What stands there in the event.
pub(super) fn find<'e>(event: &'e Value, path: &str) -> Option<&'e Value> {
    steps(path)?.iter().try_fold(event, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Element(index) => value.get(index),
    })
}
