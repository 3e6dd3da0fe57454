//! What a handler gets: the type of its argument decides how a message is claimed and verified before the handler runs.

use std::ops::Deref;

use crate::{
    delivery::verify::Verification,
    message::{
        contract::Message,
        envelope::{Metadata, Received},
    },
};

/// How a message comes into a handler: plain, for effects that versions guard, or claimed in the inbox.
pub trait HandlerInput: Send + 'static {
    /// The message.
    type Message: Message;
    /// Whether the inbox is asked first.
    const CLAIMED: bool;
    /// What must be known of the message besides.
    const VERIFICATION: Verification;

    /// What the handler gets.
    fn new(received: Received<Self::Message>, resumed: bool) -> Self;

    /// Where the message comes from, which is what all that follows from it will say of itself. It was believed
    /// before; whoever writes a trace's next step here changes nothing of what is proven.
    fn metadata(&mut self) -> &mut Metadata;
}

impl<M: Message> HandlerInput for Received<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const VERIFICATION: Verification = Verification::Origin;

    fn new(received: Received<M>, _: bool) -> Self {
        received
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.metadata
    }
}

/// A message whose effect leaves the house: a fact that the log holds; the inbox was asked, and the claim is this
/// handler's.
#[derive(Clone, Debug)]
pub struct Claimed<M> {
    /// The message.
    pub message: Received<M>,
    /// Somebody began and did not finish: ask the other side before doing it again.
    pub resumed: bool,
}

impl<M: Message> HandlerInput for Claimed<M> {
    type Message = M;
    const CLAIMED: bool = true;
    // What has left the house cannot be taken back.
    const VERIFICATION: Verification = Verification::Event;

    fn new(message: Received<M>, resumed: bool) -> Self {
        Self { message, resumed }
    }

    fn metadata(&mut self) -> &mut Metadata {
        &mut self.message.metadata
    }
}

/// A fact that the log holds at its place, word for word. For handlers that move money or stock, or begin such:
/// one read more for each message.
#[derive(Clone, Debug)]
pub struct Verified<M>(Received<M>);

impl<M: Message> HandlerInput for Verified<M> {
    type Message = M;
    const CLAIMED: bool = false;
    const VERIFICATION: Verification = Verification::Event;

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
    const VERIFICATION: Verification = Verification::Timer;

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
