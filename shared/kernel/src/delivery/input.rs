//! [`HandlerInput`]: the type of a handler's argument decides whether a message is claimed and verified before it runs:
//! `Received<M>`, [`Claimed<M>`](Claimed), [`Verified<M>`](Verified) or [`TimerFired<M>`](TimerFired).

use std::ops::Deref;

use crate::{
    delivery::verification_policy::Verification,
    message::{Message, Metadata, Received},
};

/// The argument of a handler.
pub trait HandlerInput: Send + 'static {
    /// The message type.
    type Message: Message;
    /// Whether the message is claimed in the inbox.
    const CLAIMED: bool;
    /// What is verified of the message.
    const VERIFICATION: Verification;

    /// The input of a message; `resumed` is true for [`Claim::Resumed`](crate::delivery::inbox::Claim).
    fn new(received: Received<Self::Message>, resumed: bool) -> Self;

    /// The message.
    fn received(&self) -> &Received<Self::Message>;

    /// The message's metadata, which its effects take over. It is verified before; tracing sets its span here.
    fn metadata(&mut self) -> &mut Metadata;
}

impl<M: Message> HandlerInput for Received<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const VERIFICATION: Verification = Verification::Origin;

    fn new(received: Received<M>, _: bool) -> Self {
        received
    }

    fn received(&self) -> &Received<M> {
        self
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.metadata
    }
}

/// A message for a handler with an effect outside of the system. The inbox granted the claim; an event was looked up in
/// the log.
#[derive(Clone, Debug)]
pub struct Claimed<M> {
    /// The message.
    pub message: Received<M>,
    /// An earlier run did not complete: ask the other side before repeating the effect.
    pub resumed: bool,
}

impl<M: Message> HandlerInput for Claimed<M> {
    type Message = M;
    const CLAIMED: bool = true;
    // An effect outside of the system cannot be undone.
    const VERIFICATION: Verification = Verification::Event;

    fn new(message: Received<M>, resumed: bool) -> Self {
        Self { message, resumed }
    }

    fn received(&self) -> &Received<M> {
        &self.message
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.message.metadata
    }
}

/// An event that the log holds with the same content. For handlers that move money or stock; it costs one read per
/// message.
#[derive(Clone, Debug)]
pub struct Verified<M>(Received<M>);

impl<M: Message> HandlerInput for Verified<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const VERIFICATION: Verification = Verification::Event;

    fn new(received: Received<M>, _: bool) -> Self {
        Self(received)
    }

    fn received(&self) -> &Received<M> {
        &self.0
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

/// The message of a timer that a commit of the stream has set and that is due. It costs a read of the stream.
#[derive(Clone, Debug)]
pub struct TimerFired<M>(Received<M>);

impl<M: Message> HandlerInput for TimerFired<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const VERIFICATION: Verification = Verification::Timer;

    fn new(received: Received<M>, _: bool) -> Self {
        Self(received)
    }

    fn received(&self) -> &Received<M> {
        &self.0
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
