//! [`RunLog`]: what a simulation published, and the outcome of every delivery.

use std::collections::BTreeMap;

use crate::{Handled, MessageId, StreamId, delivery::Entry};

/// The record of one run.
#[derive(Clone, Debug, Default)]
pub struct RunLog {
    /// All messages that the bus accepted, in the order of their first publishing.
    pub published: Vec<Entry>,
    /// How often each of them was published.
    pub times: BTreeMap<MessageId, u32>,
    /// The number of deliveries to functions, duplicates included.
    pub deliveries: u64,
    /// The outcomes of deliveries.
    pub ends: Vec<End>,
    /// The number of function runs that were killed.
    pub killed: u64,
    /// The number of function runs with a transient failure.
    pub retried: u64,
    /// The number of redrives from functions' dead letters.
    pub redriven: u64,
    /// Deliveries that still failed after the end of the faults, with the last error.
    pub stuck: Vec<String>,
    /// The number of timers that fired.
    pub fired: u64,
    /// One line per step, if the plan is traced.
    pub trace: Vec<String>,
}

/// The outcome of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The function.
    pub function: String,
    /// The bus's id of the delivery.
    pub delivery: String,
    /// How it was handled.
    pub handled: Handled,
}

impl RunLog {
    /// Records that the bus accepted the entry.
    pub fn record(&mut self, entry: &Entry) {
        let times = self.times.entry(entry.envelope.event_id.clone()).or_default();
        *times += 1;
        if *times == 1 {
            self.published.push(entry.clone());
        }
    }

    /// The versions of each stream's events, in the order of their first publishing.
    pub fn order_of(&self) -> BTreeMap<StreamId, Vec<u64>> {
        let mut order: BTreeMap<StreamId, Vec<u64>> = BTreeMap::new();
        for entry in &self.published {
            let envelope = &entry.envelope;
            let stream = StreamId::parse(&format!("{}/{}", envelope.aggregate_type, envelope.aggregate_id));
            if let (Some(version), Ok(stream)) = (envelope.version, stream) {
                order.entry(stream).or_default().push(version);
            }
        }
        order
    }

    /// The number of deliveries with this outcome.
    pub fn ended(&self, handled: Handled) -> usize {
        self.ends.iter().filter(|end| end.handled == handled).count()
    }
}
