//! The state of a stream for somebody who does not know its type: events go in, JSON comes out.

use serde_json::Value;

use crate::{
    command::decider::Decider,
    message::contract::{DecodeError, Encoded, Messages},
};

/// How the streams of one context are folded.
#[derive(Clone, Copy, Debug)]
pub struct StreamFold {
    /// The context.
    pub context: &'static str,
    begin: fn() -> Box<dyn DynFold>,
}

/// A state on its way through the events of one stream.
pub trait DynFold: Send {
    /// Goes on to the state after this event.
    fn follow(&mut self, event: &Encoded) -> Result<(), DecodeError>;

    /// The state as it stands.
    fn state(&self) -> Result<Value, serde_json::Error>;
}

struct Standing<D: Decider> {
    state: D::State,
}

impl StreamFold {
    /// The fold of a decider's streams.
    pub fn of<D: Decider>() -> Self {
        Self { context: D::CONTEXT, begin: || Box::new(Standing::<D> { state: D::State::default() }) }
    }

    /// The state before the first event.
    pub fn begin(&self) -> Box<dyn DynFold> {
        (self.begin)()
    }
}

impl<D: Decider> DynFold for Standing<D> {
    fn follow(&mut self, event: &Encoded) -> Result<(), DecodeError> {
        let event = D::Event::decode(&event.name, event.version, &event.data)?;
        let state = std::mem::take(&mut self.state);
        self.state = D::evolve(state, &event);
        Ok(())
    }

    fn state(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(&self.state)
    }
}
