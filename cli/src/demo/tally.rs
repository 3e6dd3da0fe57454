//! What is counted while a story is played.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// The numbers of a story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Messages on the bus.
    pub events: u64,
    /// Tries of functions.
    pub invokes: u64,
    /// What failed and is tried again.
    pub retries: u64,
    /// What was given up, as the feed tells it.
    pub given_up: u64,
    /// What went wrong on purpose.
    pub faults: u64,
    /// What happened too fast to be seen.
    pub missed: u64,
    /// The ids of the messages by their names: what is said twice is one message.
    #[serde(skip)]
    messages: BTreeMap<String, BTreeSet<String>>,
}

impl Tally {
    /// Counts a message. The answer is whether it is said for the first time.
    pub(super) fn message(&mut self, name: &str, id: &str) -> bool {
        self.events += 1;
        self.messages.entry(name.to_owned()).or_default().insert(id.to_owned())
    }

    /// Where a crowd of orders stands, in numbers.
    pub(super) fn progress(&self) -> String {
        let of = |name: &str| self.messages.get(name).map_or(0, BTreeSet::len);
        let numbers = [
            ("placed", of("OrderPlaced")),
            ("held", of("StockReserved")),
            ("refused", of("StockReservationFailed")),
            ("confirmed", of("OrderConfirmed")),
            ("cancelled", of("OrderCancelled")),
            ("mails", of("EmailSent")),
        ];
        let mut words: Vec<String> = numbers.iter().map(|(word, number)| format!("{word} {number:>2}")).collect();
        for (word, number) in [("faults", self.faults), ("retries", self.retries), ("given up", self.given_up)] {
            if number > 0 {
                words.push(format!("{word} {number}"));
            }
        }
        words.join(" · ")
    }
}
