//! The ledger: what was said, and what became of each delivery, so that nothing goes silently.

use std::collections::BTreeMap;

use crate::{
    delivery::bus::Entry,
    failure::Handled,
    message::id::{MessageId, StreamId},
};

/// What a run wrote down.
#[derive(Clone, Debug, Default)]
pub struct RunLog {
    /// All messages the bus took, in the order of their first time.
    pub said: Vec<Entry>,
    /// How often each of them was said.
    pub times: BTreeMap<MessageId, u32>,
    /// The deliveries to functions, copies included.
    pub deliveries: u64,
    /// What they ended in.
    pub ends: Vec<End>,
    /// The function runs that were killed.
    pub killed: u64,
    /// The function runs that asked to be tried again.
    pub retried: u64,
    /// How often a message went to a function's dead letters and was redriven from there.
    pub redriven: u64,
    /// Deliveries that still fail in good weather, with the last reason.
    pub stuck: Vec<String>,
    /// The timers that fired.
    pub fired: u64,
    /// One line for each thing that happened, when the plan asks for it.
    pub trace: Vec<String>,
}

/// The end of one delivery.
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
    /// Writes down that the bus took the entry.
    pub fn hear(&mut self, entry: &Entry) {
        let times = self.times.entry(entry.envelope.event_id.clone()).or_default();
        *times += 1;
        if *times == 1 {
            self.said.push(entry.clone());
        }
    }

    /// The versions of a stream's events in the order in which they were said for the first time.
    pub fn order_of(&self) -> BTreeMap<StreamId, Vec<u64>> {
        let mut order: BTreeMap<StreamId, Vec<u64>> = BTreeMap::new();
        for entry in &self.said {
            let envelope = &entry.envelope;
            let stream = StreamId::parse(&format!("{}/{}", envelope.aggregate_type, envelope.aggregate_id));
            if let (Some(version), Ok(stream)) = (envelope.version, stream) {
                order.entry(stream).or_default().push(version);
            }
        }
        order
    }

    /// How many deliveries ended like this.
    pub fn ended(&self, handled: Handled) -> usize {
        self.ends.iter().filter(|end| end.handled == handled).count()
    }
}
