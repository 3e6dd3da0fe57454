//! A context as the registry lists it: how its streams are folded, its families of messages, and a sample of each message.

use causeway::{
    Decider, Description, Encoded, Message, Messages, RawValue, command::dyn_fold::StreamFold, failure::BoxError,
};
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::Value;

/// A context.
#[derive(Clone, Debug)]
pub struct Context {
    /// The name: `stock-report`.
    pub name: &'static str,
    /// Folds the streams of its aggregate.
    pub fold: StreamFold,
    /// The field of its messages that holds the id of the aggregate.
    pub id_field: &'static str,
    /// The families of its messages: the events of the aggregate first.
    pub families: Vec<Family>,
    /// Every message with its samples.
    pub entries: Vec<Entry>,
}

impl Context {
    /// The context of this decider, with the family of its events.
    pub fn of<D: Decider>() -> Self {
        let families = vec![Family::of::<D::Event>()];
        Self { name: D::CONTEXT, fold: StreamFold::of::<D>(), families, id_field: "", entries: Vec::new() }
    }

    /// Adds a family of messages.
    #[must_use]
    pub fn family<F: Messages>(mut self) -> Self {
        self.families.push(Family::of::<F>());
        self
    }

    /// Adds the samples. `id_field` is the field that holds the id of the aggregate; a sample without it is of the
    /// aggregate `<context>-1001`.
    #[must_use]
    pub fn samples(mut self, id_field: &'static str, entries: impl IntoIterator<Item = Entry>) -> Self {
        let name = self.name;
        self.id_field = id_field;
        self.entries.extend(entries.into_iter().map(|entry| {
            let aggregate_id = entry.sample.get(id_field).and_then(Value::as_str);
            let aggregate_id = aggregate_id.map_or_else(|| format!("{name}-1001"), str::to_owned);
            Entry { aggregate_id, ..entry }
        }));
        self
    }
}

/// A family of messages: what `events!` declares.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its messages.
    pub descriptions: Vec<Description>,
    /// Reads a body by name and version, and encodes it in the newest version.
    pub upcast: fn(&str, u32, &RawValue) -> Result<Encoded, BoxError>,
}

impl Family {
    /// This family.
    pub fn of<F: Messages>() -> Self {
        Self {
            descriptions: F::descriptions(),
            upcast: |name, version, data| Ok(F::decode(name, version, data)?.encode()?),
        }
    }
}

/// A message in the catalogue.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, version, context, kind and schema.
    pub description: Description,
    /// A body in the newest version.
    pub sample: Value,
    /// The id of the aggregate that the sample is about.
    pub aggregate_id: String,
    /// Its earlier versions, the oldest first.
    pub old: Vec<OldShape>,
}

/// An earlier version of a message.
#[derive(Clone, Debug)]
pub struct OldShape {
    /// The schema's version.
    pub version: u32,
    /// Makes the JSON schema of the body.
    pub schema: fn() -> Schema,
    /// A body in this version.
    pub sample: Value,
}

impl Entry {
    /// A message with a sample of its body.
    pub fn of<M: Message>(sample: Value) -> Self {
        let aggregate_id = format!("{}-1001", M::CONTEXT);
        Self { description: Description::of::<M>(), sample, aggregate_id, old: Vec::new() }
    }

    /// Adds an earlier version with a sample of its body.
    #[must_use]
    pub fn before<Old: JsonSchema>(mut self, version: u32, sample: Value) -> Self {
        self.old.push(OldShape { version, schema: || schema_for!(Old), sample });
        self
    }
}
