//! The rules of a public event: it is published once.

use std::convert::Infallible;

use causeway::Decider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::PublicEvent;

/// The rules of a public event.
#[derive(Debug)]
pub struct Public;

/// The state of a public event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PublicState {
    /// It is not published yet.
    #[default]
    Open,
    /// It is published.
    Published,
}

impl Decider for Public {
    const CONTEXT: &'static str = "public";
    type State = PublicState;
    /// The event to publish.
    type Command = PublicEvent;
    type Event = PublicEvent;
    type Rejection = Infallible;

    fn decide(state: &PublicState, event: &PublicEvent) -> Result<Vec<PublicEvent>, Infallible> {
        match state {
            PublicState::Open => Ok(vec![event.clone()]),
            PublicState::Published => Ok(Vec::new()),
        }
    }

    fn evolve(_: PublicState, _: &PublicEvent) -> PublicState {
        PublicState::Published
    }
}
