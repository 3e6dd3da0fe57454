//! The catalogue of messages, taken along at compile time: a sample and the schema of its body, for every version.

use anyhow::Context;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::Value;

use crate::nearest::nearest;

/// A message of the catalogue in one of its versions.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its name.
    pub name: &'static str,
    /// The schema's version.
    pub version: u32,
    /// The entries for `PutEvents`, as JSON.
    pub text: &'static str,
    /// The JSON schema of the body.
    pub schema: &'static str,
}

/// Nothing in the catalogue has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSample {
    /// No message has the name.
    #[error("no message is called {name:?}{}", did_you_mean(near))]
    Name {
        /// What was asked for.
        name: String,
        /// The names that are near.
        near: Vec<String>,
    },
    /// The message never had this version.
    #[error("{name} has no version {version:?}: there is {}", known.join(" and "))]
    Version {
        /// The message.
        name: String,
        /// What was asked for.
        version: String,
        /// What there is.
        known: Vec<String>,
    },
}

/// All of them, by context and name, each message's versions from the first to the newest.
pub const SAMPLES: &[Sample] = include!(concat!(env!("OUT_DIR"), "/samples.rs"));

/// The entry of the sample of this name, with another detail.
pub fn entry(name: &str, change: impl FnOnce(&mut Value)) -> anyhow::Result<PutEventsRequestEntry> {
    let entries: Value = serde_json::from_str(find(name)?.text)?;
    let entry = entries.get(0).with_context(|| format!("the sample of {name} is empty"))?;
    let text = |field: &str| entry.get(field).and_then(Value::as_str).map(str::to_owned);
    let mut detail: Value = serde_json::from_str(&text("Detail").unwrap_or_default())?;
    change(&mut detail);
    Ok(PutEventsRequestEntry::builder()
        .set_source(text("Source"))
        .set_detail_type(text("DetailType"))
        .set_event_bus_name(text("EventBusName"))
        .detail(detail.to_string())
        .build())
}

/// The sample of `Name` in its newest version, or of `Name.v1`.
pub fn find(reference: &str) -> Result<Sample, NoSample> {
    let (name, version) = match reference.rsplit_once(".v") {
        Some((name, version)) => (name, Some(version)),
        None => (reference, None),
    };
    let versions: Vec<&Sample> = SAMPLES.iter().filter(|sample| sample.name == name).collect();
    let found = match version {
        None => versions.iter().max_by_key(|sample| sample.version),
        Some(version) => versions.iter().find(|sample| sample.version.to_string() == version),
    };
    match (found, version) {
        (Some(sample), _) => Ok(**sample),
        (None, Some(version)) if !versions.is_empty() => Err(NoSample::Version {
            name: name.to_owned(),
            version: version.to_owned(),
            known: versions.iter().map(|sample| format!("{name}.v{}", sample.version)).collect(),
        }),
        (None, _) => Err(NoSample::Name { name: name.to_owned(), near: nearest(name, names()) }),
    }
}

/// The names of all messages; one with two versions comes twice.
pub fn names() -> impl Iterator<Item = &'static str> {
    SAMPLES.iter().map(|sample| sample.name)
}

/// Whether the catalogue has a message of this name.
pub fn is_known(name: &str) -> bool {
    names().any(|known| known == name)
}

/// A question with these names, or nothing.
pub fn did_you_mean(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_name_finds_the_newest_version_and_a_name_with_a_version_finds_that_one() {
        assert_eq!(find("OrderPlaced").map(|sample| sample.version), Ok(2));
        assert_eq!(find("OrderPlaced.v1").map(|sample| sample.version), Ok(1));
        assert_eq!(find("PlaceOrder").map(|sample| sample.name), Ok("PlaceOrder"));
    }

    #[test]
    fn a_wrong_name_or_version_is_answered_with_what_is_near() {
        let found = |args: &str| find(args).map(|sample| sample.name).map_err(|error| error.to_string());
        assert_eq!(found("PlaceOrdr"), Err("no message is called \"PlaceOrdr\"; did you mean PlaceOrder?".to_owned()));
        assert_eq!(
            found("placeorder"),
            Err("no message is called \"placeorder\"; did you mean PlaceOrder?".to_owned())
        );
        assert_eq!(found("Xylophone"), Err("no message is called \"Xylophone\"".to_owned()));
        let versions = "OrderPlaced has no version \"7\": there is OrderPlaced.v1 and OrderPlaced.v2";
        assert_eq!(found("OrderPlaced.v7"), Err(versions.to_owned()));
    }

    #[test]
    fn the_catalogue_that_is_taken_along_is_the_one_of_the_types() {
        for entry in domain::catalogue() {
            let (name, newest) = (entry.description.name, entry.description.version);
            for version in 1..=newest {
                let sample = find(&format!("{name}.v{version}")).expect("every message has its sample");
                assert!(
                    serde_json::from_str::<Vec<Value>>(sample.text).is_ok_and(|entries| entries.len() == 1),
                    "{name}"
                );
                assert!(serde_json::from_str::<Value>(sample.schema).is_ok_and(|schema| schema["type"] == "object"));
            }
        }
    }
}
