//! Ids. [`Id<T>`](Id) is `[A-Za-z0-9_-]{1,64}`, checked when it is made; `Id<Order>` and `Id<Account>` are different types.
//! [`StreamId`] is `<context>/<id>`. [`CommitId`] gives the ids of all messages of a commit.

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The longest id, in characters.
pub const MAX_ID_LENGTH: usize = 64;

/// The id of a `T`.
///
/// ```
/// use causeway::Id;
/// enum Order {}
/// type OrderId = Id<Order>;
/// let id: OrderId = "o-1001".parse()?;
/// assert_eq!(id.as_str(), "o-1001");
/// assert!("o/1001".parse::<OrderId>().is_err());
/// # Ok::<(), causeway::InvalidId>(())
/// ```
pub struct Id<T: ?Sized> {
    text: String,
    of: PhantomData<fn() -> Box<T>>,
}

/// The `T` of a [`MessageId`].
#[derive(Debug)]
pub enum AnyMessage {}

/// The id of a message: its idempotency key.
pub type MessageId = Id<AnyMessage>;

/// A text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("id {text:?} must be 1 to 64 characters of A-Z a-z 0-9 _ -")]
pub struct InvalidId {
    /// The text, cut to 65 characters.
    pub text: String,
}

impl<T: ?Sized> Id<T> {
    /// Checks the text: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > MAX_ID_LENGTH || !text.bytes().all(allowed) {
            let text = text.chars().take(MAX_ID_LENGTH + 1).collect();
            return Err(InvalidId { text });
        }
        Ok(Self::unchecked(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same text as the id of something else.
    pub fn cast<U: ?Sized>(&self) -> Id<U> {
        Id::unchecked(self.text.clone())
    }

    fn unchecked(text: String) -> Self {
        Self { text, of: PhantomData }
    }
}

impl<T: ?Sized> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self::unchecked(uuid.to_string())
    }
}

impl<T: ?Sized> std::str::FromStr for Id<T> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

impl<T: ?Sized> Clone for Id<T> {
    fn clone(&self) -> Self {
        self.cast()
    }
}

impl<T: ?Sized> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T: ?Sized> Eq for Id<T> {}

impl<T: ?Sized> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: ?Sized> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl<T: ?Sized> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<T: ?Sized> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: ?Sized> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, T: ?Sized> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<T: ?Sized> JsonSchema for Id<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
    }
}

/// A stream of the log: `<context>/<id>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    context: Cow<'static, str>,
    id: String,
}

/// A text that is not a stream id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {text:?} must be <context>/<id>")]
pub struct InvalidStream {
    /// The text, cut to 130 characters.
    pub text: String,
}

impl StreamId {
    /// The stream of `id` in `context`.
    pub fn new<T: ?Sized>(context: &'static str, id: &Id<T>) -> Self {
        Self { context: Cow::Borrowed(context), id: id.as_str().to_owned() }
    }

    /// Parses `<context>/<id>`.
    pub fn parse(text: &str) -> Result<Self, InvalidStream> {
        let invalid = || InvalidStream { text: text.chars().take(130).collect() };
        let (context, id) = text.split_once('/').ok_or_else(invalid)?;
        let context = MessageId::new(context).map_err(|_| invalid())?;
        let id = MessageId::new(id).map_err(|_| invalid())?;
        Ok(Self { context: Cow::Owned(context.text), id: id.text })
    }

    /// The aggregate's type: `order`.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The aggregate's id: `o-1001`.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.context, self.id)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The id of a commit, from which the ids of all its messages follow.
///
/// It is a UUID v7 whose last 16 bits are 0. An event's id has the event's index in these bits; the ids of sent messages
/// are derived from the first event. One id is stored, and a repeated relay publishes the same ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitId(Uuid);

impl CommitId {
    /// A commit id from a new UUID v7.
    pub fn new(uuid: Uuid) -> Self {
        Self(Uuid::from_u128(uuid.as_u128() & !0xffff))
    }

    /// The UUID itself.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// The id of the event at this index of the commit.
    pub fn event(self, index: u16) -> MessageId {
        Uuid::from_u128(self.0.as_u128() | u128::from(index & 0x7fff)).into()
    }

    /// The commit of the event with this id, and the event's index there; `None` if it is not an event's id.
    pub fn of_event(id: &MessageId) -> Option<(Self, u16)> {
        let uuid = Uuid::parse_str(id.as_str()).ok()?;
        let index = u16::try_from(uuid.as_u128() & 0x7fff).ok()?;
        let commit = Self::new(uuid);
        (commit.event(index) == *id).then_some((commit, index))
    }

    /// The id of the message sent at this index of the commit.
    pub fn send(self, index: u16) -> MessageId {
        self.event(0).derived(&format!("send/{index}"))
    }
}

impl MessageId {
    /// The id of a message that follows from this one: the same for the same `what`.
    pub fn derived(&self, what: &str) -> MessageId {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{self}/{what}").as_bytes()).into()
    }
}

/// The first 96 bits of SHA-256, in hexadecimal.
pub(crate) fn short_digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
