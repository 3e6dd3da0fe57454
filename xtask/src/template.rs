//! The template as a tree of JSON, its short tags written out: `!Ref Bus` is `{"Ref": "Bus"}`.

use anyhow::{Context, bail};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Reads a template.
pub fn read(text: &str) -> anyhow::Result<Value> {
    let documents = Yaml::load_from_str(text).context("the template is no YAML")?;
    let [document] = documents.as_slice() else { bail!("the template must be one YAML document") };
    value(document)
}

/// The resources of this type with their logical ids, in the template's order of ids.
pub fn resources<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    resources.filter(move |(_, resource)| resource.get("Type") == Some(&json!(kind))).map(|(id, it)| (id.as_str(), it))
}

fn value(node: &Yaml<'_>) -> anyhow::Result<Value> {
    Ok(match node {
        Yaml::Value(scalar) => of_scalar(scalar)?,
        Yaml::Sequence(items) => Value::Array(items.iter().map(value).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, entry) in entries {
                let key = match value(key)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                if map.insert(key.clone(), value(entry)?).is_some() {
                    bail!("the template has the key {key} twice in one place");
                }
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, inner) => intrinsic(&tag.suffix, value(inner)?),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => bail!("the template has a node of no value"),
    })
}

fn intrinsic(tag: &str, inner: Value) -> Value {
    match (tag, inner) {
        ("Ref" | "Condition", inner) => json!({ tag: inner }),
        ("GetAtt", Value::String(path)) => json!({ "Fn::GetAtt": path.splitn(2, '.').collect::<Vec<_>>() }),
        (tag, inner) => json!({ format!("Fn::{tag}"): inner }),
    }
}

fn of_scalar(scalar: &Scalar<'_>) -> anyhow::Result<Value> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(it) => json!(it),
        Scalar::Integer(it) => json!(it),
        Scalar::FloatingPoint(it) => json!(it.into_inner()),
        Scalar::String(it) => json!(it),
    })
}

#[cfg(test)]
mod tests;
