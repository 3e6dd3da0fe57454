//! The fields of a form. A name such as `Attribute.1.Value` is a path; its numbers count the members of a list from 1.

use std::collections::BTreeMap;

use axum::http::Uri;

/// A field with its inner fields. Numbered fields are sorted by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    text: Option<String>,
    numbered: BTreeMap<u32, Form>,
    named: BTreeMap<String, Form>,
}

impl Form {
    /// Reads the query string and the body of a request.
    pub(super) fn parse(uri: &Uri, body: &[u8]) -> Self {
        let mut form = Self::default();
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        for (name, value) in query.chain(form_urlencoded::parse(body)) {
            let mut field = &mut form;
            for part in name.split('.') {
                field = match part.parse() {
                    Ok(number) => field.numbered.entry(number).or_default(),
                    Err(_) => field.named.entry(part.to_owned()).or_default(),
                };
            }
            field.text = Some(value.into_owned());
        }
        form
    }

    /// The text of the field itself.
    pub(super) fn value(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The text of an inner field.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.named.get(name)?.value()
    }

    /// An inner field.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.named.get(name)
    }

    /// The inner fields by name.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.named.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// The members of a list. A field without numbers is its only member.
    pub(super) fn members(&self) -> Vec<&Self> {
        if self.numbered.is_empty() { vec![self] } else { self.numbered.values().collect() }
    }
}
