//! The template as a tree in which every value and key has its line. Short forms of intrinsics are expanded: `!Ref Bus` is
//! `{Ref: Bus}`.

use serde_json::{Map, Number, Value};

use super::TemplateError;

/// A value with the line on which it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Entries),
}

/// The entries of a map in their order.
pub(super) type Entries = Vec<(Key, Node)>;

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) line: usize,
    pub(super) name: String,
}

impl Node {
    pub(super) fn text(line: usize, text: impl Into<String>) -> Self {
        Self { line, data: Data::Text(text.into()) }
    }

    pub(super) fn list(line: usize, items: Vec<Self>) -> Self {
        Self { line, data: Data::List(items) }
    }

    pub(super) fn map<const N: usize>(line: usize, entries: [(&str, Self); N]) -> Self {
        let entries = entries.into_iter().map(|(name, value)| (Key { line: value.line, name: name.to_owned() }, value));
        Self { line, data: Data::Map(entries.collect()) }
    }

    /// `{Ref: id}`.
    pub(super) fn reference(line: usize, id: &str) -> Self {
        Self::map(line, [("Ref", Self::text(line, id))])
    }

    /// `{Fn::GetAtt: [id, attribute]}`.
    pub(super) fn attribute(line: usize, id: &str, attribute: &str) -> Self {
        let path = vec![Self::text(line, id), Self::text(line, attribute)];
        Self::map(line, [("Fn::GetAtt", Self::list(line, path))])
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "true or false",
            Data::Number(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The value of a key, if this is a map that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => None,
        }
    }

    /// The single entry of a map that has one.
    pub(super) fn single(&self) -> Option<(&Key, &Self)> {
        match &self.data {
            Data::Map(entries) => match entries.as_slice() {
                [(key, value)] => Some((key, value)),
                _ => None,
            },
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => None,
        }
    }

    /// Is this an intrinsic in its long form?
    pub(super) fn is_intrinsic(&self) -> bool {
        self.single().is_some_and(|(key, _)| key.name == "Ref" || key.name.starts_with("Fn::"))
    }

    /// Text as it is, numbers and truth values as they would be spelled.
    pub(super) fn spelled(&self) -> Option<String> {
        match &self.data {
            Data::Text(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            Data::Bool(truth) => Some(truth.to_string()),
            Data::Null | Data::List(_) | Data::Map(_) => None,
        }
    }

    pub(super) fn as_text(&self, place: &str) -> Result<String, TemplateError> {
        self.spelled().ok_or_else(|| self.wrong(place, "text"))
    }

    pub(super) fn as_list(&self, place: &str) -> Result<&[Self], TemplateError> {
        match &self.data {
            Data::List(items) => Ok(items),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Map(_) => {
                Err(self.wrong(place, "a list"))
            }
        }
    }

    pub(super) fn as_map(&self, place: &str) -> Result<&Entries, TemplateError> {
        match &self.data {
            Data::Map(entries) => Ok(entries),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
                Err(self.wrong(place, "a map"))
            }
        }
    }

    pub(super) fn into_map(self, place: &str) -> Result<Entries, TemplateError> {
        match self.data {
            Data::Map(entries) => Ok(entries),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
                Err(self.wrong(place, "a map"))
            }
        }
    }

    pub(super) fn wrong(&self, place: &str, wanted: &str) -> TemplateError {
        let found = match (self.spelled(), self.is_intrinsic()) {
            (Some(spelled), _) => format!("{spelled:?}"),
            (None, true) => "an intrinsic".to_owned(),
            (None, false) => self.kind().to_owned(),
        };
        TemplateError::Shape { line: self.line, place: place.to_owned(), wanted: wanted.to_owned(), found }
    }

    /// The same without lines.
    pub(super) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(truth) => Value::Bool(*truth),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Data::Map(entries) => {
                let fields = entries.iter().map(|(key, value)| (key.name.clone(), value.to_json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// Takes an entry out of a map.
pub(super) fn take(entries: &mut Entries, name: &str) -> Option<Node> {
    let place = entries.iter().position(|(key, _)| key.name == name)?;
    Some(entries.remove(place).1)
}
