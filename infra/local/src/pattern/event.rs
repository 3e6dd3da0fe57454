//! An event as patterns look at it: a flat table of its leaves under dotted paths.
//! Each leaf remembers which elements of which lists it lies in, because two parts of
//! a pattern may not be satisfied by different elements of the same list.

use std::fmt;

use super::{
    EventError, JsonError,
    json::{self, Reader, Scalar},
    number,
};

mod path;
#[cfg(test)]
mod tests;

pub(super) use path::Path;

/// An event that patterns can be tried on.
#[derive(Clone, Debug, Default)]
pub struct Event {
    // All paths and values, one after the other: an allocation for each would take longer than reading the event.
    texts: String,
    // By their paths; those with the same path as the event has them.
    leaves: Vec<Leaf>,
    elements: Vec<Element>,
    lists: u32,
}

/// One value under a path.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The innermost element of a list that it lies in; its own list does not count.
    pub(super) element: Option<ElementId>,
    digest: u64,
    path: Span,
    scalar: Kept,
}

/// A value that is neither an object nor a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'e> {
    /// A string.
    Text(&'e str),
    /// A number.
    Number {
        /// As the event spells it.
        spelled: &'e str,
        /// What it is compared by, if it can be.
        number: Option<f64>,
    },
    /// `true`, `false` or `null`.
    Word(&'static str),
}

/// The same with the place of its text.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Text(Span),
    Number { spelled: Span, number: Option<f64> },
    Word(&'static str),
}

/// From where to where in the texts.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
}

/// Names an [`Element`] of its event.
pub(super) type ElementId = usize;

/// An object or a list as the element of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// The list, numbered as the event was read.
    pub(super) list: u32,
    /// The place in the list.
    pub(super) index: u32,
    /// The next element outwards.
    outer: Option<ElementId>,
}

impl Event {
    /// Reads an event, which must be a JSON object.
    pub fn parse(text: &str) -> Result<Self, EventError> {
        let mut reader = Reader::new(text);
        if reader.next_visible() != Some(b'{') {
            let found = json::read(text).map_err(EventError::Json)?.kind();
            return Err(EventError::NotAnObject { found });
        }
        // Guesses, so that the tables of a usual event are made once.
        let texts = String::with_capacity(text.len() * 2);
        let mut event = Self { texts, leaves: Vec::with_capacity(text.len() / 24), ..Self::default() };
        let read = event.add(&mut reader, &mut String::with_capacity(64), 0, None);
        read.and_then(|()| reader.end()).map_err(EventError::Json)?;
        let Self { texts, leaves, .. } = &mut event;
        leaves.sort_by(|one, other| {
            one.digest.cmp(&other.digest).then_with(|| one.path.of(texts).cmp(other.path.of(texts)))
        });
        Ok(event)
    }

    /// How many leaves there are.
    pub(super) fn len(&self) -> usize {
        self.leaves.len()
    }

    /// All leaves under one path.
    pub(super) fn leaves(&self, path: &Path) -> &[Leaf] {
        let from = self.leaves.partition_point(|leaf| leaf.digest < path.digest);
        let rest = self.leaves.get(from..).unwrap_or_default();
        let many = rest.iter().take_while(|leaf| leaf.digest == path.digest).count();
        let leaves = rest.get(..many).unwrap_or_default();
        let is_there = |leaf: Option<&Leaf>| leaf.is_some_and(|leaf| leaf.path.of(&self.texts) == path.text);
        if is_there(leaves.first()) && is_there(leaves.last()) {
            return leaves;
        }
        // Another path has the same digest, or there is none at all.
        let of_path = |leaf: &Leaf| leaf.path.of(&self.texts).cmp(&path.text);
        let from = leaves.partition_point(|leaf| of_path(leaf).is_lt());
        let to = leaves.partition_point(|leaf| of_path(leaf).is_le());
        leaves.get(from..to).unwrap_or_default()
    }

    /// All paths with their leaves.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, &[Leaf])> {
        let path = |leaf: &Leaf| leaf.path.of(&self.texts);
        let groups = self.leaves.chunk_by(move |one, other| one.digest == other.digest && path(one) == path(other));
        groups.filter_map(|leaves| Some((leaves.first()?.path.of(&self.texts), leaves)))
    }

    /// What stands at a leaf of this event.
    pub(super) fn value(&self, leaf: &Leaf) -> Value<'_> {
        match leaf.scalar {
            Kept::Text(span) => Value::Text(span.of(&self.texts)),
            Kept::Number { spelled, number } => Value::Number { spelled: spelled.of(&self.texts), number },
            Kept::Word(word) => Value::Word(word),
        }
    }

    /// The elements that lie around each other, from the inside to the outside.
    pub(super) fn elements(&self, innermost: Option<ElementId>) -> impl Iterator<Item = Element> {
        let element = |id: Option<ElementId>| id.and_then(|id| self.elements.get(id).copied());
        std::iter::successors(element(innermost), move |inner| element(inner.outer))
    }

    fn add(
        &mut self,
        reader: &mut Reader<'_>,
        path: &mut String,
        depth: usize,
        element: Option<ElementId>,
    ) -> Result<(), JsonError> {
        match reader.next_visible() {
            Some(b'{') => return self.add_object(reader, path, depth, element),
            Some(b'[') => return self.add_list(reader, path, depth, element),
            _ => {}
        }
        let scalar = match reader.scalar()? {
            Scalar::Text(text) => Kept::Text(self.keep(&text)),
            Scalar::Number(spelled) => {
                Kept::Number { spelled: self.keep(spelled), number: number::comparable(spelled) }
            }
            Scalar::Word(word) => Kept::Word(word),
        };
        let leaf = Leaf { element, digest: path::digest(path), path: self.keep(path), scalar };
        self.leaves.push(leaf);
        Ok(())
    }

    fn add_object(
        &mut self,
        reader: &mut Reader<'_>,
        path: &mut String,
        depth: usize,
        element: Option<ElementId>,
    ) -> Result<(), JsonError> {
        let length = path.len();
        reader.object(depth, |reader, name| {
            if length > 0 {
                path.push('.');
            }
            path.push_str(&name);
            self.add(reader, path, depth + 1, element)?;
            path.truncate(length);
            Ok(())
        })
    }

    fn add_list(
        &mut self,
        reader: &mut Reader<'_>,
        path: &mut String,
        depth: usize,
        outer: Option<ElementId>,
    ) -> Result<(), JsonError> {
        let list = self.lists;
        self.lists += 1;
        let mut index = 0;
        reader.list(depth, |reader| {
            let element = if matches!(reader.next_visible(), Some(b'{' | b'[')) {
                self.elements.push(Element { list, index, outer });
                Some(self.elements.len() - 1)
            } else {
                outer
            };
            index += 1;
            self.add(reader, path, depth + 1, element)
        })
    }

    fn keep(&mut self, text: &str) -> Span {
        let from = self.texts.len();
        self.texts.push_str(text);
        Span { from, to: self.texts.len() }
    }
}

impl Span {
    fn of(self, texts: &str) -> &str {
        texts.get(self.from..self.to).unwrap_or_default()
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => json::quoted(text).fmt(out),
            Self::Number { spelled, .. } => out.write_str(spelled),
            Self::Word(word) => out.write_str(word),
        }
    }
}
