//! Compares two readers of one template: SAM's translator, whose expansion is read here with the defaults of AWS, and the
//! reader of the local cloud. Neither depends on the other.

mod expansion;
mod resolve;
#[cfg(test)]
mod tests;

pub use resolve::Values;

use std::collections::BTreeSet;

use serde_json::Value;

use resolve::spelled;

/// The differences between the expansion and the local cloud's reader, one a line.
pub fn differences(expansion: &Value, values: &Values, reading: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", &expansion::understood(expansion, values), reading, &mut found);
    found
}

/// How many resources the expansion has of every kind that is compared, such as `37 rules`.
pub fn counts(expansion: &Value, values: &Values) -> String {
    let understood = expansion::understood(expansion, values);
    let kinds = understood.as_object().into_iter().flatten();
    let counts = kinds.map(|(kind, all)| format!("{} {kind}", all.as_object().map_or(0, serde_json::Map::len)));
    counts.collect::<Vec<_>>().join(", ")
}

fn compare(path: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for name in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let (theirs, ours) = (theirs.get(name), ours.get(name));
                compare(&path, theirs.unwrap_or(&Value::Null), ours.unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (number, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                compare(&format!("{path}[{number}]"), theirs, ours, found);
            }
        }
        // A template may write a number or a boolean as text.
        (theirs, ours) if spelled(theirs) == spelled(ours) => {}
        (theirs, ours) => found.push(format!("{path}: the translator has {theirs}, our reader {ours}")),
    }
}
