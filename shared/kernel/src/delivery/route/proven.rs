//! Messages of which more is known than that somebody said them. A handler asks for them by the type of its argument,
//! so its binary and the page of routes cannot disagree about it.

use std::ops::Deref;

use super::HandlerInput;
use crate::{
    delivery::verify::Verification,
    message::{
        contract::Message,
        envelope::{Metadata, Received},
    },
};

/// A fact that the log holds at its place, word for word. For handlers that move money or stock, or begin such:
/// one read more for each message.
#[derive(Clone, Debug)]
pub struct Verified<M>(Received<M>);

impl<M: Message> HandlerInput for Verified<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const PROOF: Verification = Verification::Fact;

    fn new(received: Received<M>, _: bool) -> Self {
        Self(received)
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }
}

impl<M> Deref for Verified<M> {
    type Target = Received<M>;

    fn deref(&self) -> &Received<M> {
        &self.0
    }
}

/// What a timer says that a commit of its stream has set, and whose time has come.
#[derive(Clone, Debug)]
pub struct TimerFired<M>(Received<M>);

impl<M: Message> HandlerInput for TimerFired<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const PROOF: Verification = Verification::Timer;

    fn new(received: Received<M>, _: bool) -> Self {
        Self(received)
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }
}

impl<M> Deref for TimerFired<M> {
    type Target = Received<M>;

    fn deref(&self) -> &Received<M> {
        &self.0
    }
}
