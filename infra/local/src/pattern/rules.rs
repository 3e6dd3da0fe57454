//! Many patterns at once. Every branch of every pattern is put on a shelf under the values
//! that an event must have for it; an event then takes from the shelves of its own values
//! only the branches that may match, and these few are tried one by one.

use std::collections::HashMap;

use super::{
    Event, Pattern,
    branch::Branch,
    event::{Leaf, Path},
};
use anchor::{Anchor, Key};
use shelf::Shelf;

mod anchor;
mod shelf;
#[cfg(test)]
mod tests;

/// A compiled set of rules, each with its name and its pattern.
///
/// ```
/// use causeway_local::pattern::{Event, Pattern, Rules};
///
/// let placed = Pattern::parse(r#"{"detail-type": ["OrderPlaced"]}"#)?;
/// let shipped = Pattern::parse(r#"{"detail-type": [{"prefix": "OrderShip"}]}"#)?;
/// let rules = Rules::new([("bill".to_owned(), placed), ("thank".to_owned(), shipped)]);
/// let event = Event::parse(r#"{"source": "shop", "detail-type": "OrderPlaced"}"#)?;
/// assert_eq!(rules.matching(&event), ["bill"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rules {
    names: Vec<String>,
    branches: Vec<Numbered>,
    shelves: HashMap<String, (Path, Shelf)>,
    // Branches that want nothing to be there, so that any event may match.
    anywhere: Vec<BranchId>,
}

/// The place of a branch in [`Rules::branches`].
type BranchId = usize;

#[derive(Clone, Debug)]
struct Numbered {
    rule: usize,
    branch: Branch,
}

impl Rules {
    /// Compiles the rules. To change one, compile them again: it takes microseconds for each.
    pub fn new(rules: impl IntoIterator<Item = (String, Pattern)>) -> Self {
        let mut compiled = Self::default();
        for (rule, (name, pattern)) in rules.into_iter().enumerate() {
            compiled.names.push(name);
            compiled.branches.extend(pattern.branches.into_iter().map(|branch| Numbered { rule, branch }));
        }
        compiled.fill_shelves();
        compiled
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names of all rules that match the event, in the order they were given.
    pub fn matching(&self, event: &Event) -> Vec<&str> {
        let mut found: Vec<_> = self
            .candidates(event)
            .into_iter()
            .filter_map(|id| self.branches.get(id))
            .filter(|numbered| numbered.branch.matches(event))
            .map(|numbered| numbered.rule)
            .collect();
        found.dedup();
        found.into_iter().filter_map(|rule| self.names.get(rule)).map(String::as_str).collect()
    }

    fn candidates(&self, event: &Event) -> Vec<BranchId> {
        let mut candidates = self.anywhere.clone();
        let mut take = |shelf: &Shelf, leaves: &[Leaf]| {
            shelf.take_present(&mut candidates);
            leaves.iter().for_each(|leaf| shelf.take(event.value(leaf), &mut candidates));
        };
        // Usual rules wait at few paths, and an event may be long; or the other way round.
        if self.shelves.len() < event.len() {
            for (path, shelf) in self.shelves.values() {
                let leaves = event.leaves(path);
                if !leaves.is_empty() {
                    take(shelf, leaves);
                }
            }
        } else {
            for (path, leaves) in event.paths() {
                if let Some((_, shelf)) = self.shelves.get(path) {
                    take(shelf, leaves);
                }
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    fn fill_shelves(&mut self) {
        let mut crowds: HashMap<(&str, Key<'_>), usize> = HashMap::new();
        for numbered in &self.branches {
            for field in numbered.branch.fields() {
                for key in anchor::keys(field).unwrap_or_default() {
                    *crowds.entry((&field.path.text, key)).or_default() += 1;
                }
            }
        }
        for (id, numbered) in self.branches.iter().enumerate() {
            match anchor::choose(&numbered.branch, &crowds) {
                Some(Anchor { path, keys }) => {
                    let at_path = self.shelves.entry(path.text.clone());
                    at_path.or_insert_with(|| (path.clone(), Shelf::default())).1.put(id, &keys);
                }
                None => self.anywhere.push(id),
            }
        }
    }
}
