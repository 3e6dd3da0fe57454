//! The ports to a broker: a [`Source`] that messages are taken from, a [`Sink`] that they are sent to, and the [`Broker`]
//! that connects both. A connection that fails is dropped, and the loops connect again.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use causeway::failure::BoxError;

use crate::outgoing::Outgoing;

/// The header with the id of the message, by which doubles are recognised.
pub const EVENT_ID: &str = "event-id";
/// The header with the name of the message.
pub const EVENT_TYPE: &str = "event-type";
/// The header with the schema version of the message.
pub const EVENT_VERSION: &str = "event-version";
/// The header with the correlation id.
pub const CORRELATION_ID: &str = "correlation-id";
/// The header with the ARN of the bus that a message comes from. A bridge into that bus drops it.
pub const ORIGIN: &str = "causeway-origin";
/// The header of a parked message with the code of the reason.
pub const PARKED_CODE: &str = "parked-code";
/// The header of a parked message with the reason.
pub const PARKED_REASON: &str = "parked-reason";
/// The header of a parked message with the position from which it was taken.
pub const PARKED_FROM: &str = "parked-from";

/// The header of a parked message that had more bytes than the broker keeps: how many.
pub const PARKED_BYTES: &str = "parked-bytes";

/// The most characters of a reason.
const MAX_REASON: usize = 500;

/// The most bytes of headers that a parked message keeps. RabbitMQ takes 128 KB of all.
const MAX_HEADERS: usize = 64 * 1024;

/// A message as it was taken from a broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Where it was in the broker; the source acknowledges it by this.
    pub position: String,
    /// Whether a repeated delivery has the same position, so that an id can be derived from it.
    pub lasting_position: bool,
    /// Its headers, as far as they are text.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why a message can never be published: a code and an explanation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct Poison {
    /// The reason code, such as `MALFORMED`.
    pub code: String,
    /// The field and the rule that it breaks.
    pub reason: String,
}

impl Poison {
    /// A poison message with this code and reason, which is cut where it is too long, and has no character that a header
    /// may not have.
    pub fn new(code: &str, reason: &str) -> Self {
        let plain =
            |letter: char| if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') { ' ' } else { letter };
        Self { code: code.to_owned(), reason: reason.chars().take(MAX_REASON).map(plain).collect() }
    }

    /// The headers of the parked message: those it had, as far as there is room for them, and the reason.
    pub fn headers(&self, taken: &Taken) -> Vec<(String, String)> {
        let own = [(PARKED_CODE, &self.code), (PARKED_REASON, &self.reason), (PARKED_FROM, &taken.position)];
        let mut bytes = 0;
        let had = taken.headers.iter().filter(|(name, _)| !name.starts_with("parked-"));
        let had = had.take_while(|(name, value)| {
            bytes += name.len() + value.len();
            bytes <= MAX_HEADERS
        });
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.clone()));
        had.map(|(name, value)| (name.clone(), value.clone())).chain(own).collect()
    }
}

/// A broker that does not answer, or refuses what is asked of it. The connection is made again.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action}")]
pub struct BrokerError {
    /// What was attempted.
    pub action: String,
    /// Why it failed.
    #[source]
    pub source: BoxError,
}

impl BrokerError {
    /// The conversion of an error for this action.
    pub fn of<E: Into<BoxError>>(action: impl Into<String>) -> impl FnOnce(E) -> Self {
        let action = action.into();
        move |error| Self { action, source: error.into() }
    }
}

/// Messages that were not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The broker does not answer; the messages are sent again.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The broker will never accept this message. Those before it are confirmed.
    #[error("message {index}: {poison}")]
    Refused {
        /// The index of the message.
        index: usize,
        /// Why it is refused.
        poison: Poison,
    },
}

/// A place for messages that can never be published.
#[async_trait]
pub trait Parking: Send {
    /// Keeps a message that can never be published beside the others, with its reason. It is stored when this returns.
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError>;
}

/// A connection that messages are taken from.
#[async_trait]
pub trait Source: Parking {
    /// Takes up to `most` messages in their order; none after `wait`. Those not acknowledged yet are not taken again by
    /// this connection, but by the next one.
    async fn take(&mut self, most: usize, wait: Duration) -> Result<Vec<Taken>, BrokerError>;

    /// Acknowledges all of the last `take`.
    async fn acknowledge(&mut self, taken: &[Taken]) -> Result<(), BrokerError>;
}

/// A connection that messages are sent to.
#[async_trait]
pub trait Sink: Send {
    /// Sends the messages; those of one stream keep their order. The broker has confirmed all when this returns.
    async fn send(&mut self, messages: &[Outgoing]) -> Result<(), SendError>;
}

/// A broker.
#[async_trait]
pub trait Broker: Send + Sync {
    /// The name of its kind: `rabbitmq`, `kafka`, `redis`.
    fn kind(&self) -> &'static str;

    /// Connects, and creates what is missing to take messages.
    async fn source(&self) -> Result<Box<dyn Source>, BrokerError>;

    /// Connects, and creates what is missing to send messages.
    async fn sink(&self) -> Result<Box<dyn Sink>, BrokerError>;

    /// Connects and changes nothing.
    async fn check(&self) -> Result<(), BrokerError>;
}
