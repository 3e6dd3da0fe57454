//! Filter criteria: which records a function is invoked with.

use serde_json::Value;

use crate::pattern::{Event, Pattern, PatternError};

/// Patterns of which one must match. Without patterns all records match.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    patterns: Vec<Pattern>,
}

impl Filter {
    /// Parses the patterns.
    pub fn parse(patterns: &[String]) -> Result<Self, PatternError> {
        let patterns = patterns.iter().map(|pattern| Pattern::parse(pattern)).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Whether the record matches. A record that cannot be parsed as an event matches, so that it is not lost.
    pub(super) fn matches(&self, record: &Value) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        match Event::parse(&record.to_string()) {
            Ok(event) => self.patterns.iter().any(|pattern| pattern.matches(&event)),
            Err(_) => true,
        }
    }

    /// Whether the queue message matches, with its body as a text or, if it is JSON, as JSON.
    pub(super) fn matches_message(&self, record: &Value) -> bool {
        let body = record.get("body").and_then(Value::as_str).unwrap_or_default();
        let with_json_body = serde_json::from_str::<Value>(body).ok().map(|body| {
            let mut record = record.clone();
            if let Some(fields) = record.as_object_mut() {
                fields.insert("body".to_owned(), body);
            }
            record
        });
        self.matches(record) || with_json_body.is_some_and(|record| self.matches(&record))
    }
}
