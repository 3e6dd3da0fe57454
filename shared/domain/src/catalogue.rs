//! The catalogue: every message of the business with a sample of its body, old shapes included.
//! A new message has its line here; a test names the ones that are missing.

mod fulfilment;
mod inventory;
mod notification;
mod order;
mod stock_report;
mod system;

#[cfg(test)]
mod tests;

use causeway::{Description, Message};
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::Value;

/// A message of the business.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, version, context, kind and schema.
    pub description: Description,
    /// A body in the newest shape.
    pub sample: Value,
    /// Its earlier shapes, the oldest first.
    pub old: Vec<OldShape>,
}

/// An earlier shape of a message.
#[derive(Clone, Debug)]
pub struct OldShape {
    /// The schema's version.
    pub version: u32,
    /// Makes the JSON schema of the body.
    pub schema: fn() -> Schema,
    /// A body in this shape.
    pub sample: Value,
}

impl Entry {
    fn of<M: Message>(sample: Value) -> Self {
        Self { description: Description::of::<M>(), sample, old: Vec::new() }
    }

    fn before<Old: JsonSchema>(mut self, version: u32, sample: Value) -> Self {
        self.old.push(OldShape { version, schema: || schema_for!(Old), sample });
        self
    }
}

/// All messages, by context.
pub fn catalogue() -> Vec<Entry> {
    let contexts = [
        order::entries(),
        inventory::entries(),
        fulfilment::entries(),
        notification::entries(),
        stock_report::entries(),
        system::entries(),
    ];
    contexts.into_iter().flatten().collect()
}
