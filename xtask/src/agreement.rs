//! Whether two readers understood the same of one template: SAM's translator, whose expansion we read here word by
//! word with the defaults of AWS, and the reader of the local cloud, which says what it read. Neither sees the other.

mod expansion;
mod resolve;
#[cfg(test)]
mod tests;

pub use resolve::Values;

use std::collections::BTreeSet;

use serde_json::Value;

/// What the local cloud's reader says and the expansion does not, and the other way round; one line each.
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

fn compare(place: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for name in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let (theirs, ours) = (theirs.get(name), ours.get(name));
                compare(&place, theirs.unwrap_or(&Value::Null), ours.unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (number, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                compare(&format!("{place}[{number}]"), theirs, ours, found);
            }
        }
        // A template may spell a number or a truth value as text.
        (theirs, ours) if spelled(theirs) == spelled(ours) => {}
        (theirs, ours) => found.push(format!("{place}: the translator has {theirs}, our reader {ours}")),
    }
}

fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
