//! Which records a function wants to see at all.

use serde_json::Value;

use crate::pattern::{Event, Pattern, PatternError};

/// Patterns of which one must match; without any, all records pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    patterns: Vec<Pattern>,
}

impl Filter {
    /// Reads the patterns.
    pub fn parse(patterns: &[String]) -> Result<Self, PatternError> {
        let patterns = patterns.iter().map(|pattern| Pattern::parse(pattern)).collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Does the record pass? What patterns cannot be tried on passes, so that it is not lost.
    pub(super) fn passes(&self, record: &Value) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        match Event::parse(&record.to_string()) {
            Ok(event) => self.patterns.iter().any(|pattern| pattern.matches(&event)),
            Err(_) => true,
        }
    }

    /// Does the message pass? A pattern may look into a body that is JSON.
    pub(super) fn passes_message(&self, record: &Value) -> bool {
        let body = record.get("body").and_then(Value::as_str).unwrap_or_default();
        let opened = serde_json::from_str::<Value>(body).ok().map(|body| {
            let mut record = record.clone();
            if let Some(fields) = record.as_object_mut() {
                fields.insert("body".to_owned(), body);
            }
            record
        });
        self.passes(record) || opened.is_some_and(|record| self.passes(&record))
    }
}
