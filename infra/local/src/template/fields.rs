//! The properties of a resource, or of a part of it. Properties that no reader has taken become findings, so that nothing
//! is ignored silently.

use std::ops::RangeInclusive;

use super::{
    Finding, TemplateError,
    node::{Data, Entries, Node},
};

pub(super) struct Fields<'n> {
    pub(super) line: usize,
    pub(super) place: String,
    entries: &'n Entries,
    read: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    pub(super) fn of(node: &'n Node, place: &str) -> Result<Self, TemplateError> {
        Ok(Self { line: node.line, place: place.to_owned(), entries: node.as_map(place)?, read: Vec::new() })
    }

    pub(super) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.read.push(name);
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value)
    }

    pub(super) fn need(&mut self, name: &'static str) -> Result<&'n Node, TemplateError> {
        self.node(name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, TemplateError> {
        let place = self.inner(name);
        self.node(name).map(|node| node.as_text(&place)).transpose()
    }

    pub(super) fn need_text(&mut self, name: &'static str) -> Result<String, TemplateError> {
        let place = self.inner(name);
        self.need(name)?.as_text(&place)
    }

    /// A whole number; like CloudFormation, in digits or as text of digits.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, TemplateError> {
        let place = self.inner(name);
        let Some(node) = self.node(name) else { return Ok(None) };
        match node.spelled().and_then(|text| text.parse().ok()) {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(node.wrong(&place, &format!("a whole number from {} to {}", range.start(), range.end()))),
        }
    }

    pub(super) fn number_or<T: TryFrom<i64>>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
        otherwise: T,
    ) -> Result<T, TemplateError> {
        let number = self.number(name, range)?;
        Ok(number.and_then(|number| T::try_from(number).ok()).unwrap_or(otherwise))
    }

    pub(super) fn truth(&mut self, name: &'static str) -> Result<Option<bool>, TemplateError> {
        let place = self.inner(name);
        let Some(node) = self.node(name) else { return Ok(None) };
        match node.spelled().as_deref() {
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            _ => Err(node.wrong(&place, "true or false")),
        }
    }

    pub(super) fn list(&mut self, name: &'static str) -> Result<&'n [Node], TemplateError> {
        let place = self.inner(name);
        self.node(name).map_or(Ok(&[]), |node| node.as_list(&place))
    }

    pub(super) fn part(&mut self, name: &'static str) -> Result<Option<Self>, TemplateError> {
        let place = self.inner(name);
        self.node(name).map(|node| Self::of(node, &place)).transpose()
    }

    /// One of these words.
    pub(super) fn word(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, TemplateError> {
        let place = self.inner(name);
        let Some(node) = self.node(name) else { return Ok(None) };
        let spelled = node.spelled().unwrap_or_default();
        match words.iter().find(|word| **word == spelled) {
            Some(word) => Ok(Some(word)),
            None => Err(node.wrong(&place, &format!("one of {}", words.join(", ")))),
        }
    }

    /// A document as text of JSON, whether it is spelled as text or as a map.
    pub(super) fn json_text(&mut self, name: &'static str) -> Option<String> {
        self.node(name).map(|node| match &node.data {
            Data::Text(text) => text.clone(),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Map(_) => node.to_json().to_string(),
        })
    }

    /// These are known, and nothing of them shows on this machine.
    pub(super) fn without_effect(&mut self, names: &[&'static str]) {
        self.read.extend(names);
    }

    /// Names what was not read.
    pub(super) fn finish(self, findings: &mut Vec<Finding>) {
        for (key, _) in self.entries {
            if !self.read.contains(&key.name.as_str()) {
                findings.push(Finding::new(key.line, &self.place, format!("{} is not supported here", key.name)));
            }
        }
    }

    pub(super) fn inner(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    pub(super) fn missing(&self, name: &str) -> TemplateError {
        TemplateError::Missing { line: self.line, place: self.place.clone(), property: name.to_owned() }
    }
}
