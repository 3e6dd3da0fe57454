//! The decider: rules as two pure functions.
//! `decide` says which events follow from a command, `evolve` folds an event into the state, and
//! `wishes` says what the new facts ask of others. None of them reads a clock, logs or waits.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::message::{
    contract::{EncodeError, Encoded, Message, Messages},
    id::{Id, StreamId},
};

/// The rules of one kind of stream.
///
/// See `domain::order` for one in full; the smallest possible one:
///
/// ```
/// # use schemars::JsonSchema; use serde::{Serialize, Deserialize};
/// use causeway::{Decider, Rejection};
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
/// pub struct LampLit {}
/// causeway::events! { pub enum LampEvent: events of "lamp" { LampLit = 1 } }
/// #[derive(Debug, PartialEq, thiserror::Error)]
/// #[error("the lamp is broken")]
/// pub struct Broken;
/// impl Rejection for Broken { fn rule(&self) -> &'static str { "Broken" } }
/// pub struct Lamp;
/// impl Decider for Lamp {
///     const CONTEXT: &'static str = "lamp";
///     type State = bool;
///     type Command = ();
///     type Event = LampEvent;
///     type Rejection = Broken;
///     fn decide(lit: &bool, _: &()) -> Result<Vec<LampEvent>, Broken> {
///         Ok(if *lit { Vec::new() } else { vec![LampLit {}.into()] })
///     }
///     fn evolve(_: bool, _: &LampEvent) -> bool { true }
/// }
/// ```
pub trait Decider: Send + Sync + 'static {
    /// The stream's context: `order`.
    const CONTEXT: &'static str;
    /// Raise this when `evolve` means something else by the same state: carried states of before are
    /// then folded anew. A change of the state's shape is seen without it.
    const STATE_REVISION: u32 = 1;
    /// Whether a repeated command is kept out by an inbox marker in the transaction of its commit.
    /// For commands whose repeat the state cannot tell for 16 days, such as a deposit.
    const ONCE: Once<Self::Command> = Once::Never;

    /// What the rules need to know.
    type State: Default + Clone + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static;
    /// What may be asked.
    type Command: Send + Sync;
    /// What may happen.
    type Event: Messages;
    /// How the rules say no.
    type Rejection: Rejection;

    /// Which events follow. None: nothing changes. Total: every pair has its answer.
    fn decide(state: &Self::State, command: &Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after the event. Knows no rule: a fact is a fact.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// What a new fact asks of others, said in the fact's own commit. `after` is the state after the whole commit.
    fn effects(after: &Self::State, event: &Self::Event) -> Vec<Effect> {
        let (_, _) = (after, event);
        Vec::new()
    }
}

/// Which commands are executed once only, guarded by an inbox marker in the transaction of their commit.
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

/// A "no" by the rules: an answer, recorded on the bus, never retried.
pub trait Rejection: std::error::Error + Send + Sync + 'static {
    /// The broken rule's name, for machines.
    fn rule(&self) -> &'static str;
}

/// For deciders that reject nothing.
impl Rejection for std::convert::Infallible {
    fn rule(&self) -> &'static str {
        match *self {}
    }
}

/// What a new fact asks of others.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send this message to this stream.
    Send {
        /// Whose stream.
        to: StreamId,
        /// What is said.
        message: Result<Encoded, EncodeError>,
    },
    /// Say this to the own stream's context at this time. The same name again moves the timer.
    SetTimer {
        /// The timer's name in this stream.
        name: String,
        /// When it is due.
        due: Timestamp,
        /// What is said then.
        message: Result<Encoded, EncodeError>,
    },
    /// Forget the timer of this name.
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

    /// Says `message` to this stream's context at `due`.
    pub fn set_timer<M: Message>(name: &str, due: Timestamp, message: &M) -> Self {
        Self::SetTimer { name: name.to_owned(), due, message: Encoded::of(message) }
    }

    /// Forgets the timer `name`.
    pub fn cancel_timer(name: &str) -> Self {
        Self::CancelTimer { name: name.to_owned() }
    }
}

/// Folds events into a state.
pub fn fold<'a, D: Decider>(state: D::State, events: impl IntoIterator<Item = &'a D::Event>) -> D::State {
    events.into_iter().fold(state, D::evolve)
}
