//! Evaluates Sub: replaces `${Name}` and `${Resource.Attribute}` by their values, and `${!Name}` by `${Name}`.

use crate::template::{
    TemplateError,
    node::{Data, Entries, Key, Node},
};

use super::{Evaluator, may_stand_beside, wrong};

impl<'t> Evaluator<'t> {
    pub(super) fn substitute(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        const NONE: &Entries = &Entries::new();
        if argument.single().is_some_and(|(key, _)| may_stand_beside(&key.name)) {
            self.value(argument)?;
            return self.made_text(key.line, String::new());
        }
        let (text, values) = match &argument.data {
            Data::Text(text) => (text, NONE),
            Data::List(parts) => match parts.as_slice() {
                [Node { data: Data::Text(text), .. }, values] => (text, values.as_map("the values of Fn::Sub")?),
                _ => return Err(wrong(key, "takes a text, or a list of a text and a map of values")),
            },
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Map(_) => {
                return Err(wrong(key, "takes a text, or a list of a text and a map of values"));
            }
        };
        let mut made = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Err(wrong(key, "a ${ is not closed"));
            };
            match name.strip_prefix('!') {
                Some(literal) => made.extend(["${", literal, "}"]),
                None => {
                    let value = self.variable(key, values, name.trim())?;
                    self.count(key.line, value.len())?;
                    made.push_str(&value);
                }
            }
            rest = after;
        }
        made.push_str(rest);
        self.made_text(key.line, made)
    }

    fn variable(&mut self, key: &Key, values: &'t Entries, name: &str) -> Result<String, TemplateError> {
        if name.is_empty() || !name.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '.' | ':')) {
            return Err(wrong(key, format!("{name:?} cannot be the name of a value")));
        }
        if let Some((_, value)) = values.iter().find(|(given, _)| given.name == name) {
            return self.text(key, value, name);
        }
        let value = match name.split_once('.') {
            Some((id, attribute)) => self.attribute(key, id, attribute)?,
            None => self.named(key.line, name)?,
        };
        value.and_then(|value| value.spelled()).ok_or_else(|| wrong(key, format!("{name} is not text")))
    }
}
