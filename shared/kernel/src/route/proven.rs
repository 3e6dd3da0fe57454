//! Messages of which more is known than that somebody said them. A handler asks for them by the type of its argument,
//! so its binary and the page of routes cannot disagree about it.

use std::ops::Deref;

use super::Arrival;
use crate::{
    envelope::{Metadata, Received},
    message::Message,
    trust::Proof,
};

/// A fact that the log holds at its place, word for word. For handlers that move money or stock, or begin such:
/// one read more for each message.
#[derive(Clone, Debug)]
pub struct Proven<M>(Received<M>);

impl<M: Message> Arrival for Proven<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const PROOF: Proof = Proof::Fact;

    fn new(received: Received<M>, _: bool) -> Self {
        Self(received)
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }
}

impl<M> Deref for Proven<M> {
    type Target = Received<M>;

    fn deref(&self) -> &Received<M> {
        &self.0
    }
}

/// What a timer says that a commit of its stream has set, and whose time has come.
#[derive(Clone, Debug)]
pub struct Rung<M>(Received<M>);

impl<M: Message> Arrival for Rung<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const PROOF: Proof = Proof::Timer;

    fn new(received: Received<M>, _: bool) -> Self {
        Self(received)
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }
}

impl<M> Deref for Rung<M> {
    type Target = Received<M>;

    fn deref(&self) -> &Received<M> {
        &self.0
    }
}
