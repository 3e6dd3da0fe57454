//! The event pattern language of EventBridge. A [`Pattern`] is parsed and checked once and then matched against events;
//! a [`RuleIndex`] matches many patterns at once, and [`explain()`] reports why a pattern does not match.

mod backtracking;
mod branch;
mod cidr;
mod compile;
mod complexity;
mod condition;
mod condition_parser;
mod error;
mod event;
mod explain;
mod json;
mod number;
mod rule_index;
#[cfg(test)]
mod tests;
mod wildcard;

pub use compile::Pattern;
pub use error::{EventError, PatternError};
pub use event::Event;
pub use explain::{Alternative, Explanation, FieldResult, NearMiss, Verdict, explain, near_misses};
pub use json::JsonError;
pub use rule_index::RuleIndex;
