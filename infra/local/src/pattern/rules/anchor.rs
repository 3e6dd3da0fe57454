//! Chooses under which values a branch waits for its events: the field whose wanted values
//! the fewest other branches want too. A field that lists plain values or beginnings is
//! best; if there is none, it is enough that some wanted field is there at all.

use std::collections::HashMap;

use crate::pattern::{
    branch::{Branch, Field},
    event::Path,
    wanted::Test,
};

/// A path and what must be found there; without keys anything will do.
pub(super) struct Anchor<'b> {
    pub(super) path: &'b Path,
    pub(super) keys: Vec<Key<'b>>,
}

/// Something that a value can be looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key<'b> {
    /// The whole string.
    Text(&'b str),
    /// The bits of the number.
    Number(u64),
    /// A word, or a number that is compared by its spelling.
    Spelled(&'b str),
    /// The beginning of the string.
    Head(&'b str),
}

/// The keys of a field, one of which every accepted value has; none if there are others.
pub(super) fn keys(field: &Field) -> Option<Vec<Key<'_>>> {
    let keys = field.wanted.iter().map(|wanted| match &wanted.test {
        Test::Text(text) => Some(Key::Text(text)),
        Test::Number(number) => Some(Key::Number(number.to_bits())),
        Test::Spelled(spelled) => Some(Key::Spelled(spelled)),
        Test::Word(word) => Some(Key::Spelled(word)),
        Test::Prefix(prefix) => head(prefix),
        Test::Wildcard(wildcard) => match wildcard.head() {
            (whole, true) => Some(Key::Text(whole)),
            (start, false) => head(start),
        },
        _ => None,
    });
    keys.collect()
}

fn head(start: &str) -> Option<Key<'_>> {
    (!start.is_empty()).then_some(Key::Head(start))
}

/// The best anchor of a branch; none if it wants nothing to be there.
pub(super) fn choose<'b>(branch: &'b Branch, crowds: &HashMap<(&'b str, Key<'b>), usize>) -> Option<Anchor<'b>> {
    let crowd = |field: &'b Field, keys: &[Key<'b>]| -> usize {
        keys.iter().filter_map(|key| crowds.get(&(field.path.text.as_str(), *key))).sum()
    };
    let with_keys = branch.fields().iter().filter_map(|field| Some((field, keys(field)?)));
    let best = with_keys.min_by_key(|(field, keys)| crowd(field, keys));
    if let Some((field, keys)) = best {
        return Some(Anchor { path: &field.path, keys });
    }
    // The longest path is the most particular to its rules.
    let present = branch.fields().iter().filter(|field| !field.may_be_absent());
    present.max_by_key(|field| field.path.text.len()).map(|field| Anchor { path: &field.path, keys: Vec::new() })
}
