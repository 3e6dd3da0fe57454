//! Messages: what is said, under one name everywhere.
//! An event is a fact in the past tense, a command is a wish that may be rejected.
//! `events!` declares a family of them once: names, versions, the chain from old shapes.

mod family;
#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use family::read_shape;

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The largest single message body that may be made or accepted, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 192 * 1024;

/// Fact or wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fact in the past tense.
    Event,
    /// A wish that may be rejected.
    Command,
}

/// One message type.
pub trait Message: Serialize + DeserializeOwned + JsonSchema + Clone + Send + Sync + 'static {
    /// The one name: Rust type, detail-type, schema file, template.
    const NAME: &'static str;
    /// The schema's version, counted from 1.
    const VERSION: u32;
    /// The context the message belongs to: who says the event, who obeys the command.
    const CONTEXT: &'static str;
    /// Fact or wish.
    const KIND: Kind;

    /// Reads a body of this or any older version, upcasting step by step.
    fn decode(version: u32, data: &RawValue) -> Result<Self, DecodeError>;
}

/// A family of messages: the enum that [`events!`](crate::events) declares.
pub trait Messages: Clone + Send + Sync + 'static {
    /// The names of all members.
    const NAMES: &'static [&'static str];

    /// The member's name.
    fn name(&self) -> &'static str;

    /// The member as it is stored and sent.
    fn encode(&self) -> Result<Encoded, EncodeError>;

    /// Reads a member by name and version, upcasting old shapes.
    fn decode(name: &str, version: u32, data: &RawValue) -> Result<Self, DecodeError>;

    /// One description per member, for catalogues and checks.
    fn descriptions() -> Vec<Description>;
}

/// What a catalogue says of one message type.
#[derive(Clone, Debug)]
pub struct Description {
    /// The one name.
    pub name: &'static str,
    /// The schema's version.
    pub version: u32,
    /// The context it belongs to.
    pub context: &'static str,
    /// Fact or wish.
    pub kind: Kind,
    /// Makes the JSON schema of the body.
    pub schema: fn() -> Schema,
}

impl Description {
    /// The description of `M`.
    pub fn of<M: Message>() -> Self {
        Self {
            name: M::NAME,
            version: M::VERSION,
            context: M::CONTEXT,
            kind: M::KIND,
            schema: || schemars::schema_for!(M),
        }
    }
}

/// A message body as it is stored and sent.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The message's name.
    pub name: String,
    /// The schema's version.
    pub version: u32,
    /// The body.
    pub data: Box<RawValue>,
}

impl Encoded {
    /// Encodes a message.
    pub fn of<M: Message>(message: &M) -> Result<Self, EncodeError> {
        let data = serde_json::value::to_raw_value(message)
            .map_err(|error| EncodeError::Unwritable { name: M::NAME, reason: error.to_string() })?;
        if data.get().len() > MAX_MESSAGE_BYTES {
            return Err(EncodeError::TooLarge { name: M::NAME, bytes: data.get().len() });
        }
        Ok(Self { name: M::NAME.to_owned(), version: M::VERSION, data })
    }
}

impl PartialEq for Encoded {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.version == other.version && self.data.get() == other.data.get()
    }
}

/// A message that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The body exceeds [`MAX_MESSAGE_BYTES`].
    #[error("{name} has {bytes} bytes; a message may have {MAX_MESSAGE_BYTES}")]
    TooLarge {
        /// The message.
        name: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// The body has no JSON form.
    #[error("{name} has no JSON form: {reason}")]
    Unwritable {
        /// The message.
        name: &'static str,
        /// What the serializer said.
        reason: String,
    },
}

/// A body that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No member of the family has this name.
    #[error("unknown message {name}")]
    Unknown {
        /// The name that was said.
        name: String,
    },
    /// The version is newer than this code.
    #[error("{name} version {version} is newer than the {known} known here")]
    Newer {
        /// The message.
        name: &'static str,
        /// The version that was said.
        version: u32,
        /// The newest version known here.
        known: u32,
    },
    /// There never was such a version.
    #[error("{name} has no version {version}")]
    NoSuchVersion {
        /// The message.
        name: &'static str,
        /// The version that was said.
        version: u32,
    },
    /// The body does not have the message's shape.
    #[error("{name} v{version}, field {field}: {reason}")]
    Malformed {
        /// The message.
        name: &'static str,
        /// The version that was said.
        version: u32,
        /// Where in the body: `lines[0].quantity`.
        field: String,
        /// Which rule it breaks.
        reason: String,
    },
}
