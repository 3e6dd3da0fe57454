//! The event pattern language of EventBridge. A [`Pattern`] is parsed and checked once and then matched against events;
//! a [`RuleIndex`] matches many patterns at once, and [`explain()`] reports why a pattern does not match.

mod backtracking;
mod branch;
mod cidr;
mod compile;
mod condition;
mod condition_parser;
mod error;
mod event;
mod explain;
mod ignore_case;
mod json;
mod near_miss;
mod number;
mod rule_index;
#[cfg(test)]
mod tests;
mod wildcard;

pub use error::{EventError, PatternError};
pub use event::Event;
pub use explain::{Alternative, Explanation, FieldResult, Verdict, explain};
pub use json::JsonError;
pub use near_miss::{NearMiss, near_misses};
pub use rule_index::RuleIndex;

use branch::Branch;

/// The maximum length of a pattern, in characters.
const MAX_LENGTH: usize = 4_096;

/// A checked event pattern.
///
/// ```
/// use causeway_local::pattern::{Event, Pattern};
///
/// let pattern = Pattern::parse(r#"{"detail": {"total": [{"numeric": [">", 100]}]}}"#)?;
/// let event = Event::parse(r#"{"source": "shop", "detail": {"total": 250}}"#)?;
/// assert!(pattern.matches(&event));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    branches: Vec<Branch>,
}

impl Pattern {
    /// Parses a pattern and checks it against every rule of the language.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let characters = text.chars().count();
        if characters > MAX_LENGTH {
            return Err(PatternError::TooLong { characters, limit: MAX_LENGTH });
        }
        let json = json::read(text).map_err(PatternError::Json)?;
        Ok(Self { branches: compile::branches(&json)? })
    }

    /// Returns whether the event matches the pattern.
    pub fn matches(&self, event: &Event) -> bool {
        self.branches.iter().any(|branch| branch.matches(event))
    }
}
