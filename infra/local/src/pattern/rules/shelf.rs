//! The branches that wait at one path, by the value they wait for. Strings, numbers and
//! words are looked up at once; beginnings once for each length that occurs, of which
//! there are few.

use std::collections::{BTreeMap, HashMap};

use super::{BranchId, anchor::Key};
use crate::pattern::event::Value;

/// What waits at one path.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf {
    texts: HashMap<String, Vec<BranchId>>,
    numbers: HashMap<u64, Vec<BranchId>>,
    spelled: HashMap<String, Vec<BranchId>>,
    heads: BTreeMap<usize, HashMap<String, Vec<BranchId>>>,
    present: Vec<BranchId>,
}

impl Shelf {
    /// Lets a branch wait under each of its keys; without keys for any value.
    pub(super) fn put(&mut self, id: BranchId, keys: &[Key<'_>]) {
        if keys.is_empty() {
            self.present.push(id);
        }
        for key in keys {
            let waiting = match *key {
                Key::Text(text) => self.texts.entry(text.to_owned()).or_default(),
                Key::Number(bits) => self.numbers.entry(bits).or_default(),
                Key::Spelled(spelled) => self.spelled.entry(spelled.to_owned()).or_default(),
                Key::Head(head) => self.heads.entry(head.len()).or_default().entry(head.to_owned()).or_default(),
            };
            waiting.push(id);
        }
    }

    /// Adds the branches that wait for any value.
    pub(super) fn take_present(&self, found: &mut Vec<BranchId>) {
        found.extend(&self.present);
    }

    /// Adds the branches that wait for this value.
    pub(super) fn take(&self, value: Value<'_>, found: &mut Vec<BranchId>) {
        let mut add = |waiting: Option<&Vec<BranchId>>| found.extend(waiting.into_iter().flatten());
        match value {
            Value::Text(text) => {
                add(self.texts.get(text));
                for (length, heads) in &self.heads {
                    add(text.get(..*length).and_then(|head| heads.get(head)));
                }
            }
            Value::Number { number: Some(number), .. } => add(self.numbers.get(&number.to_bits())),
            Value::Number { spelled, number: None } => add(self.spelled.get(spelled)),
            Value::Word(word) => add(self.spelled.get(word)),
        }
    }
}
