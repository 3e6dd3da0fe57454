//! What a message may hold besides what its sample shows: the paths of its schema, and of the envelope around it.

use serde_json::Value;

/// What an envelope may have.
const ENVELOPE: [&str; 12] = [
    "eventId",
    "eventType",
    "eventVersion",
    "aggregateType",
    "aggregateId",
    "version",
    "timestamp",
    "metadata.correlationId",
    "metadata.causationId",
    "metadata.userId",
    "metadata.traceparent",
    "metadata.hops",
];

/// No schema of ours is deeper.
const DEEPEST: usize = 8;

/// The schemas that may hold for the value under this path of a body. None: the path is unknown.
pub(super) fn under<'s>(schema: &'s Value, path: &[String]) -> Vec<&'s Value> {
    let mut here = expanded(schema, schema);
    for name in path {
        here = here.into_iter().filter_map(|one| member(one, name)).flat_map(|one| expanded(schema, one)).collect();
    }
    here
}

/// Whether only a text will do.
pub(super) fn wants_text(schemas: &[&Value]) -> bool {
    let types = schemas.iter().filter_map(|schema| schema.get("type"));
    let mut names = types.flat_map(|given| match given {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
        other => other.as_str().into_iter().collect(),
    });
    let is_text = names.next().is_some_and(|name| matches!(name, "string" | "null"));
    is_text && names.all(|name| matches!(name, "string" | "null"))
}

/// The paths of a whole message, `data` and its envelope.
pub(super) fn paths(schema: &Value) -> Vec<String> {
    let mut found: Vec<String> = ENVELOPE.map(str::to_owned).to_vec();
    collect(schema, schema, "data", DEEPEST, &mut found);
    found
}

/// Whether the envelope may have this.
pub(super) fn is_of_envelope(path: &[String]) -> bool {
    ENVELOPE.contains(&path.join(".").as_str())
}

fn collect(root: &Value, schema: &Value, path: &str, deepest: usize, found: &mut Vec<String>) {
    if deepest == 0 {
        return;
    }
    for one in expanded(root, schema) {
        for (name, inner) in one.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}.{name}");
            found.push(path.clone());
            collect(root, inner, &path, deepest - 1, found);
        }
        if let Some(items) = one.get("items") {
            collect(root, items, &format!("{path}.0"), deepest - 1, found);
        }
    }
}

/// The schema itself, or those that it names.
fn expanded<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s Value> {
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?));
    let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
    let mut all = vec![schema];
    all.extend(named);
    for choice in choices {
        let target = choice.get("$ref").and_then(Value::as_str);
        all.push(target.and_then(|name| root.pointer(name.strip_prefix('#')?)).unwrap_or(choice));
    }
    all
}

fn member<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let property = schema.get("properties").and_then(|properties| properties.get(name));
    let item = || name.parse::<usize>().ok().and_then(|_| schema.get("items"));
    let other = || schema.get("additionalProperties").filter(|other| other.is_object());
    property.or_else(item).or_else(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::find;

    fn order() -> Value {
        let sample = find("PlaceOrder").expect("a sample");
        serde_json::from_str(sample.schema).expect("a schema")
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn paths_go_through_lists_named_schemas_and_choices() {
        let schema = order();
        for known in ["orderId", "lines.3.unitPrice.currency", "shippingAddress.city"] {
            assert!(!under(&schema, &path(known)).is_empty(), "{known}");
        }
        for unknown in ["order", "lines.first", "shippingAddress.planet", "orderId.length"] {
            assert!(under(&schema, &path(unknown)).is_empty(), "{unknown}");
        }
        assert!(paths(&schema).contains(&"data.lines.0.unitPrice.amount".to_owned()));
    }

    #[test]
    fn a_text_is_wanted_where_nothing_else_will_do() {
        let schema = order();
        assert!(wants_text(&under(&schema, &path("orderId"))));
        assert!(wants_text(&under(&schema, &path("contactEmail"))));
        assert!(!wants_text(&under(&schema, &path("lines.0.quantity"))));
        assert!(!wants_text(&under(&schema, &path("lines"))));
    }
}
