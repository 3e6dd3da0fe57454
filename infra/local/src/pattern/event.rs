//! An event as a flat table of its leaves by dotted path, for pattern matching. Each leaf records which elements of which
//! lists contain it, because two fields of a pattern must not match in different elements of the same list.

use std::fmt;

use super::{
    error::EventError,
    json::{self, JsonError, Reader, Scalar},
    number,
};

#[cfg(test)]
mod tests;

/// The multiplier of the path digest: odd, with bits spread so that each byte affects the upper bits.
const DIGEST_MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// A parsed event that patterns can be matched against.
#[derive(Clone, Debug, Default)]
pub struct Event {
    // All paths and values, concatenated: an allocation for each would take longer than parsing the event.
    texts: String,
    // Sorted by digest and path; leaves with the same path in the order of the event.
    leaves: Vec<Leaf>,
    elements: Vec<Element>,
    lists: u32,
}

/// The path of a field with its digest, by which paths are sorted and looked up. Paths with the same digest are compared
/// by their text, so correctness does not depend on the digest being unique.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path {
    /// The field names from the outermost to the innermost, joined by dots.
    pub(super) text: String,
    digest: u64,
}

/// One value at a path.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The innermost object or list that contains it and is itself an element of a list.
    pub(super) element: Option<ElementId>,
    digest: u64,
    path: Span,
    value: StoredValue,
}

/// A value that is neither an object nor a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'e> {
    /// A string.
    Text(&'e str),
    /// A number.
    Number {
        /// The spelling in the event.
        text: &'e str,
        /// The value to compare, if the number can be compared by value.
        number: Option<f64>,
    },
    /// `true`, `false` or `null`.
    Literal(&'static str),
}

/// A [`Value`] with the span of its text.
#[derive(Clone, Copy, Debug)]
enum StoredValue {
    Text(Span),
    Number { text: Span, number: Option<f64> },
    Literal(&'static str),
}

/// A range in [`Event::texts`].
#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
}

/// An index into [`Event::elements`].
pub(super) type ElementId = usize;

/// An object or a list that is an element of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// The number of the list within the event.
    pub(super) list: u32,
    /// The index in the list.
    pub(super) index: u32,
    /// The next enclosing element.
    outer: Option<ElementId>,
}

impl Event {
    /// Parses an event, which must be a JSON object.
    pub fn parse(text: &str) -> Result<Self, EventError> {
        let mut reader = Reader::new(text);
        if reader.peek_token() != Some(b'{') {
            let found = json::read(text).map_err(EventError::Json)?.kind();
            return Err(EventError::NotAnObject { found });
        }
        // Estimates, so that the tables of a typical event are allocated once.
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

    /// Returns the number of leaves.
    pub(super) fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Returns all leaves at one path.
    pub(super) fn leaves(&self, path: &Path) -> &[Leaf] {
        let from = self.leaves.partition_point(|leaf| leaf.digest < path.digest);
        let rest = self.leaves.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|leaf| leaf.digest == path.digest).count();
        let leaves = rest.get(..count).unwrap_or_default();
        let has_path = |leaf: Option<&Leaf>| leaf.is_some_and(|leaf| leaf.path.of(&self.texts) == path.text);
        if has_path(leaves.first()) && has_path(leaves.last()) {
            return leaves;
        }
        // Another path has the same digest, or the event has no such path.
        let of_path = |leaf: &Leaf| leaf.path.of(&self.texts).cmp(&path.text);
        let from = leaves.partition_point(|leaf| of_path(leaf).is_lt());
        let to = leaves.partition_point(|leaf| of_path(leaf).is_le());
        leaves.get(from..to).unwrap_or_default()
    }

    /// Returns all paths with their leaves.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, &[Leaf])> {
        let path = |leaf: &Leaf| leaf.path.of(&self.texts);
        let groups = self.leaves.chunk_by(move |one, other| one.digest == other.digest && path(one) == path(other));
        groups.filter_map(|leaves| Some((leaves.first()?.path.of(&self.texts), leaves)))
    }

    /// Returns the value of a leaf.
    pub(super) fn value(&self, leaf: &Leaf) -> Value<'_> {
        match leaf.value {
            StoredValue::Text(span) => Value::Text(span.of(&self.texts)),
            StoredValue::Number { text, number } => Value::Number { text: text.of(&self.texts), number },
            StoredValue::Literal(literal) => Value::Literal(literal),
        }
    }

    /// Returns an element and all elements around it, innermost first.
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
        match reader.peek_token() {
            Some(b'{') => return self.add_object(reader, path, depth, element),
            Some(b'[') => return self.add_list(reader, path, depth, element),
            _ => {}
        }
        let value = match reader.scalar()? {
            Scalar::Text(text) => StoredValue::Text(self.store(&text)),
            Scalar::Number(text) => StoredValue::Number { text: self.store(text), number: number::comparable(text) },
            Scalar::Literal(literal) => StoredValue::Literal(literal),
        };
        let leaf = Leaf { element, digest: digest(path), path: self.store(path), value };
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
            let element = if matches!(reader.peek_token(), Some(b'{' | b'[')) {
                self.elements.push(Element { list, index, outer });
                Some(self.elements.len() - 1)
            } else {
                outer
            };
            index += 1;
            self.add(reader, path, depth + 1, element)
        })
    }

    fn store(&mut self, text: &str) -> Span {
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
            Self::Number { text, .. } => out.write_str(text),
            Self::Literal(literal) => out.write_str(literal),
        }
    }
}

impl From<String> for Path {
    fn from(text: String) -> Self {
        Self { digest: digest(&text), text }
    }
}

fn digest(path: &str) -> u64 {
    let mut digest = path.len() as u64;
    let (words, rest) = path.as_bytes().as_chunks::<8>();
    for word in words {
        digest = mix(digest, u64::from_le_bytes(*word));
    }
    mix(digest, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

fn mix(digest: u64, word: u64) -> u64 {
    (digest.rotate_left(5) ^ word).wrapping_mul(DIGEST_MULTIPLIER)
}
