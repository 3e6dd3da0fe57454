//! The intrinsic functions on values: If, Join, Select, Split, FindInMap, Length and ToJsonString.

use crate::template::{
    TemplateError,
    node::{Data, Key, Node},
};

use super::{Evaluator, unsupported, wrong, wrong_at};

impl<'t> Evaluator<'t> {
    pub(super) fn function(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        match key.name.as_str() {
            "Fn::GetAtt" => self.get_att(key, argument),
            "Fn::Sub" => self.substitute(key, argument),
            "Fn::Join" => self.join(key, argument),
            "Fn::If" => self.choose(key, argument),
            "Fn::Select" => self.select(key, argument),
            "Fn::Split" => self.split(key, argument),
            "Fn::FindInMap" => self.find_in_map(key, argument),
            "Fn::Length" => self.length(key, argument),
            "Fn::ToJsonString" => self.json(key, argument),
            name if unsupported::is_known(name) => self.unsupported(key, argument),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => Err(wrong(key, "stands in Conditions only")),
            _ => Err(wrong(key, "is no function that CloudFormation has")),
        }
    }

    fn join(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let [delimiter, list] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes a delimiter and a list"));
        };
        let delimiter = self.text(key, delimiter, "the delimiter")?;
        let mut joined = String::new();
        for (place, item) in self.list(key, list)?.iter().enumerate() {
            let text =
                item.spelled().ok_or_else(|| wrong_at(item.line, key, format!("cannot join {}", item.kind())))?;
            self.count(key.line, delimiter.len() + text.len())?;
            if place > 0 {
                joined.push_str(&delimiter);
            }
            joined.push_str(&text);
        }
        self.made_text(key.line, joined)
    }

    fn choose(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let [condition, yes, no] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes the name of a condition and two values"));
        };
        let name = condition.as_text(&key.name)?;
        if self.condition(&name, condition.line)? { self.value(yes) } else { self.value(no) }
    }

    fn select(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let [place, list] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes a place and a list"));
        };
        let place = self.text(key, place, "the place")?;
        let mut items = self.list(key, list)?;
        match place.parse::<usize>() {
            Ok(place) if place < items.len() => Ok(Some(items.swap_remove(place))),
            _ => Err(wrong(key, format!("there is no place {place} in a list of {}", items.len()))),
        }
    }

    fn split(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let [delimiter, text] = argument.as_list(&key.name)? else {
            return Err(wrong(key, "takes a delimiter and a text"));
        };
        let delimiter = self.text(key, delimiter, "the delimiter")?;
        if delimiter.is_empty() {
            return Err(wrong(key, "the delimiter must not be empty"));
        }
        let text = self.text(key, text, "what is split")?;
        let mut parts = Vec::new();
        for part in text.split(&delimiter) {
            self.count(key.line, part.len())?;
            parts.push(Node::text(key.line, part));
        }
        Ok(Some(Node::list(key.line, parts)))
    }

    fn length(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let length = self.list(key, argument)?.len();
        self.made_text(key.line, length.to_string())
    }

    fn json(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let value = self.value(argument)?.unwrap_or(Node { line: key.line, data: Data::Null });
        self.made_text(key.line, value.to_json().to_string())
    }

    fn find_in_map(&mut self, key: &Key, argument: &'t Node) -> Result<Option<Node>, TemplateError> {
        let (map, first, second, otherwise) = match argument.as_list(&key.name)? {
            [map, first, second] => (map, first, second, None),
            [map, first, second, last] => (map, first, second, last.get("DefaultValue")),
            _ => return Err(wrong(key, "takes the name of a mapping, two keys, and maybe a DefaultValue")),
        };
        let map = self.text(key, map, "the mapping")?;
        let first = self.text(key, first, "the first key")?;
        let second = self.text(key, second, "the second key")?;
        let mappings = &self.document.mappings;
        let mapping = mappings.iter().find(|(name, _)| name.name == map).map(|(_, mapping)| mapping);
        let found = match (mapping.and_then(|mapping| mapping.get(&first)?.get(&second)), otherwise, mapping) {
            (Some(found), ..) => found,
            (None, Some(otherwise), _) => return self.value(otherwise),
            (None, None, None) => {
                return Err(TemplateError::Unresolved { line: key.line, what: "mapping", name: map });
            }
            (None, None, Some(_)) => {
                let name = format!("{map}.{first}.{second}");
                return Err(TemplateError::Unresolved { line: key.line, what: "entry of a mapping", name });
            }
        };
        match &found.data {
            Data::Null | Data::Map(_) => Err(found.wrong(&format!("{map}.{first}.{second}"), "text or a list")),
            // Mappings hold no intrinsics, so that there is nothing to work out.
            Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
                self.count(key.line, found.to_json().to_string().len())?;
                Ok(Some(found.clone()))
            }
        }
    }

    fn list(&mut self, key: &Key, node: &'t Node) -> Result<Vec<Node>, TemplateError> {
        match self.value(node)? {
            Some(Node { data: Data::List(items), .. }) => Ok(items),
            Some(other) => Err(wrong_at(node.line, key, format!("wants a list, not {}", other.kind()))),
            None => Err(wrong_at(node.line, key, "wants a list, not nothing")),
        }
    }
}
