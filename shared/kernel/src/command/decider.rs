//! [`Decider`]: the rules of an aggregate as pure functions. `decide` turns a command into events, `evolve` folds an event
//! into the state, and `effects` lists the commands and timers that an event causes. None of them reads a clock or waits.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::message::{EncodeError, Encoded, Id, Message, Messages, StreamId};

/// The rules of one kind of aggregate. The [crate's page](crate#an-example) has a small one.
pub trait Decider: Send + Sync + 'static {
    /// The context of its streams: `order`.
    const CONTEXT: &'static str;
    /// Raise this when `evolve` gives another meaning to the same state: older embedded snapshots are then ignored and
    /// the streams folded anew. A change of the state's schema is detected without it.
    const STATE_REVISION: u32 = 1;
    /// Which commands are guarded by an inbox marker, written in the transaction of their commit and kept for 16 days.
    /// For commands whose repeat the state does not recognise, such as a deposit.
    const ONCE: Once<Self::Command> = Once::Never;

    /// What the rules need of the past.
    type State: Default + Clone + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static;
    /// The commands.
    type Command: Send + Sync;
    /// The events.
    type Event: Messages;
    /// The reasons why a command is rejected.
    type Rejection: Rejection;

    /// The events that follow from the command; no events if it changes nothing.
    fn decide(state: &Self::State, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after the event. It never fails: the event has happened.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// The commands and timers that a new event causes, stored in the event's own commit. `after` is the state after the
    /// whole commit.
    fn effects(after: &Self::State, event: &Self::Event) -> Vec<Effect> {
        let (_, _) = (after, event);
        // Equivalent mutant: vec![] is an empty vector, too.
        Vec::new()
    }
}

/// Which commands are executed once only, by an inbox marker in the transaction of their commit.
#[derive(Clone, Copy, Debug)]
pub enum Once<C> {
    /// None: the state recognises every repeat.
    Never,
    /// Those for which the predicate holds.
    When(fn(&C) -> bool),
    /// The messages of these names; the function gives the name of a command.
    Messages(&'static [&'static str], fn(&C) -> &'static str),
}

impl<C> Once<C> {
    /// Whether this command needs the marker.
    pub fn applies(&self, command: &C) -> bool {
        match self {
            Self::Never => false,
            Self::When(predicate) => predicate(command),
            Self::Messages(names, name) => names.contains(&name(command)),
        }
    }

    /// Whether messages of this name may need the marker.
    pub fn may_apply_to(&self, message: &str) -> bool {
        match self {
            Self::Never => false,
            Self::When(_) => true,
            Self::Messages(names, _) => names.contains(&message),
        }
    }
}

/// The business "no" to a command: published as `CommandRejected`, never retried.
pub trait Rejection: std::error::Error + Send + Sync + 'static {
    /// The broken rule's name, for machines.
    fn rule(&self) -> &'static str;
}

/// For deciders that reject nothing.
impl Rejection for std::convert::Infallible {
    fn rule(&self) -> &'static str {
        // Equivalent mutants: no value exists to call this on.
        match *self {}
    }
}

/// What a new event causes: a message or a timer.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Sends a message to a stream.
    Send {
        /// The stream.
        to: StreamId,
        /// The message.
        message: Result<Encoded, EncodeError>,
    },
    /// Sets a timer, or moves the one of this name: it publishes a message to the own stream's context.
    SetTimer {
        /// The timer's name in this stream.
        name: String,
        /// When it is due.
        due: Timestamp,
        /// The message that it publishes.
        message: Result<Encoded, EncodeError>,
    },
    /// Cancels the timer of this name.
    CancelTimer {
        /// The timer's name in this stream.
        name: String,
    },
}

impl Effect {
    /// Sends `message` to the stream of `id` in the message's own context.
    pub fn send<T: ?Sized, M: Message>(id: &Id<T>, message: &M) -> Self {
        Self::Send { to: StreamId::new(M::CONTEXT, id), message: Encoded::of(message) }
    }

    /// Sets the timer `name`: it publishes `message` to this stream's context at `due`.
    pub fn set_timer<M: Message>(name: &str, due: Timestamp, message: &M) -> Self {
        Self::SetTimer { name: name.to_owned(), due, message: Encoded::of(message) }
    }

    /// Cancels the timer `name`.
    pub fn cancel_timer(name: &str) -> Self {
        Self::CancelTimer { name: name.to_owned() }
    }
}

/// Folds events into a state.
pub fn fold<'a, D: Decider>(state: D::State, events: impl IntoIterator<Item = &'a D::Event>) -> D::State {
    events.into_iter().fold(state, D::evolve)
}
