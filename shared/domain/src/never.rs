//! The rejection of deciders that have none: what they hear has happened, and a fact is not refused.

use causeway::Rejection;

/// Never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NeverRefused {}

impl Rejection for NeverRefused {
    fn rule(&self) -> &'static str {
        match *self {}
    }
}
