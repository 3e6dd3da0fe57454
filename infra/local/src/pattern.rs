//! The event pattern language of EventBridge: what a rule wants of an event.
//! A pattern is parsed and checked once and then tried on events; [`Rules`] tries many at
//! once, and [`explain()`] tells why a pattern does not match.

mod address;
mod branch;
mod compile;
mod error;
mod event;
mod explain;
mod fold;
mod json;
mod nearest;
mod number;
mod operators;
mod rules;
#[cfg(test)]
mod tests;
mod together;
mod wanted;
mod wildcard;

pub use error::{EventError, PatternError};
pub use event::Event;
pub use explain::{Alternative, Explanation, Part, Verdict, explain};
pub use json::JsonError;
pub use nearest::{Near, nearest};
pub use rules::Rules;

use branch::Branch;

/// The longest pattern that the service takes, in characters.
const LONGEST: usize = 4_096;

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
    /// Reads a pattern and checks it against every rule of the language.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let characters = text.chars().count();
        if characters > LONGEST {
            return Err(PatternError::TooLong { characters, limit: LONGEST });
        }
        let json = json::read(text).map_err(PatternError::Json)?;
        Ok(Self { branches: compile::branches(&json)? })
    }

    /// Does the event have everything that the pattern wants?
    pub fn matches(&self, event: &Event) -> bool {
        self.branches.iter().any(|branch| branch.matches(event))
    }
}
