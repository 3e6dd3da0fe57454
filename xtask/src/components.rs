//! The schemas of an API description under `components/schemas`: the definitions inside of JSON schemas move there, and
//! references to them are changed.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Where a reference to a schema begins.
const SCHEMAS: &str = "#/components/schemas/";
const DEFINITIONS: &str = "#/$defs/";

/// Schemas by their names.
#[derive(Debug, Default)]
pub(crate) struct Components(BTreeMap<String, Value>);

impl Components {
    /// Adds a schema under this name, with its definitions, and returns the reference to it. Of two definitions that share
    /// a name and differ, the second gets the name of its schema in front.
    pub(crate) fn add(&mut self, name: &str, mut schema: Value) -> Value {
        let mut names = BTreeMap::new();
        let definitions = schema.as_object_mut().and_then(|fields| fields.remove("$defs"));
        let Some(Value::Object(definitions)) = definitions else { return self.put(name, schema) };
        for (definition, content) in &definitions {
            // A definition that is in there already has its references changed, so the names are compared without them.
            let is_other = self.0.get(definition).is_some_and(|kept| bare(kept) != bare(content));
            names.insert(definition.clone(), if is_other { format!("{name}{definition}") } else { definition.clone() });
        }
        for (definition, mut content) in definitions {
            rename(&mut content, &names);
            self.put(names.get(&definition).unwrap_or(&definition), content);
        }
        rename(&mut schema, &names);
        self.put(name, schema)
    }

    /// All schemas.
    pub(crate) fn into_json(self) -> Value {
        Value::Object(self.0.into_iter().collect())
    }

    fn put(&mut self, name: &str, mut schema: Value) -> Value {
        if let Some(fields) = schema.as_object_mut() {
            fields.remove("$schema");
        }
        self.0.insert(name.to_owned(), schema);
        reference(name)
    }
}

/// A reference to the schema of this name.
pub(crate) fn reference(name: &str) -> Value {
    Value::Object(Map::from_iter([("$ref".to_owned(), format!("{SCHEMAS}{name}").into())]))
}

/// Changes the references of a schema to these names.
fn rename(schema: &mut Value, names: &BTreeMap<String, String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                let renamed = value.as_str().filter(|_| key == "$ref").and_then(|text| text.strip_prefix(DEFINITIONS));
                match renamed.and_then(|name| names.get(name)) {
                    Some(name) => *value = format!("{SCHEMAS}{name}").into(),
                    None => rename(value, names),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

/// The schema as text, with all references alike.
fn bare(schema: &Value) -> String {
    schema.to_string().replace(DEFINITIONS, SCHEMAS)
}
