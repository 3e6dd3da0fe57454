//! [`StreamFold`]: the state of a stream as JSON, without knowing the decider's types. For tools.

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{
    command::decider::Decider,
    message::{DecodeError, Encoded, Messages},
};

/// The fold of the streams of one context.
#[derive(Clone, Copy, Debug)]
pub struct StreamFold {
    /// The context.
    pub context: &'static str,
    begin: fn() -> Box<dyn DynFold>,
}

/// A state while the events of one stream are folded into it.
pub trait DynFold: Send {
    /// Folds an event into the state.
    fn follow(&mut self, event: &Encoded) -> Result<(), DecodeError>;

    /// The current state as JSON.
    fn state(&self) -> Result<Value, serde_json::Error>;
}

struct Folding<D: Decider> {
    state: D::State,
}

impl StreamFold {
    /// The fold of a decider's streams.
    pub fn of<D: Decider>() -> Self {
        Self { context: D::CONTEXT, begin: || Box::new(Folding::<D> { state: D::State::default() }) }
    }

    /// The state before the first event.
    pub fn begin(&self) -> Box<dyn DynFold> {
        (self.begin)()
    }
}

impl<D: Decider> DynFold for Folding<D> {
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
