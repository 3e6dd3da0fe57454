//! An event as patterns look at it: a flat table of its leaves under dotted paths.
//! Each leaf remembers which elements of which lists it lies in, because two parts of
//! a pattern may not be satisfied by different elements of the same list.

use std::{collections::HashMap, fmt};

use super::{
    EventError,
    json::{self, Json},
    number,
};

/// An event that patterns can be tried on.
#[derive(Clone, Debug, Default)]
pub struct Event {
    leaves: HashMap<String, Vec<Leaf>>,
    elements: Vec<Element>,
    lists: u32,
}

/// One value under a path.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// What stands there.
    pub(super) value: Value,
    /// The innermost element of a list that it lies in; its own list does not count.
    pub(super) element: Option<ElementId>,
}

/// A value that is neither an object nor a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// A number.
    Number {
        /// As the event spells it.
        spelled: String,
        /// What it is compared by, if it can be.
        number: Option<f64>,
    },
    /// `true`, `false` or `null`.
    Word(&'static str),
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
        let mut event = Self::default();
        match json::read(text).map_err(EventError::Json)? {
            Json::Object(fields) => event.add_object(fields, &mut String::new(), None),
            other => return Err(EventError::NotAnObject { found: other.kind() }),
        }
        Ok(event)
    }

    /// All leaves under one path.
    pub(super) fn leaves(&self, path: &str) -> &[Leaf] {
        self.leaves.get(path).map_or(&[], Vec::as_slice)
    }

    /// All paths with their leaves.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, &[Leaf])> {
        self.leaves.iter().map(|(path, leaves)| (path.as_str(), leaves.as_slice()))
    }

    /// The elements that lie around each other, from the inside to the outside.
    pub(super) fn elements(&self, innermost: Option<ElementId>) -> impl Iterator<Item = Element> {
        let element = |id: Option<ElementId>| id.and_then(|id| self.elements.get(id).copied());
        std::iter::successors(element(innermost), move |inner| element(inner.outer))
    }

    fn add_object(&mut self, fields: Vec<(impl AsRef<str>, Json<'_>)>, path: &mut String, element: Option<ElementId>) {
        let length = path.len();
        for (name, value) in fields {
            if length > 0 {
                path.push('.');
            }
            path.push_str(name.as_ref());
            self.add(value, path, element);
            path.truncate(length);
        }
    }

    fn add(&mut self, json: Json<'_>, path: &mut String, element: Option<ElementId>) {
        let value = match json {
            Json::Object(fields) => return self.add_object(fields, path, element),
            Json::List(items) => return self.add_list(items, path, element),
            Json::Text(text) => Value::Text(text.into_owned()),
            Json::Number(spelled) => Value::Number { spelled: spelled.to_owned(), number: number::comparable(spelled) },
            Json::Word(word) => Value::Word(word),
        };
        let leaf = Leaf { value, element };
        match self.leaves.get_mut(path) {
            Some(leaves) => leaves.push(leaf),
            None => {
                self.leaves.insert(path.clone(), vec![leaf]);
            }
        }
    }

    fn add_list(&mut self, items: Vec<Json<'_>>, path: &mut String, outer: Option<ElementId>) {
        let list = self.lists;
        self.lists += 1;
        for (index, item) in (0..).zip(items) {
            let element = match item {
                Json::Object(_) | Json::List(_) => {
                    self.elements.push(Element { list, index, outer });
                    Some(self.elements.len() - 1)
                }
                Json::Text(_) | Json::Number(_) | Json::Word(_) => outer,
            };
            self.add(item, path, element);
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => json::quoted(text).fmt(out),
            Self::Number { spelled, .. } => out.write_str(spelled),
            Self::Word(word) => out.write_str(word),
        }
    }
}
