//! Names of things: ids, streams and the places inside a stream.
//! An id is `[A-Za-z0-9_-]{1,64}`, checked where it enters; a stream is `<context>/<id>`.
//! `Id<T>` is one newtype for all ids: `Id<Order>` and `Id<Account>` do not mix.

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

/// What a [`MessageId`] is the id of.
#[derive(Debug)]
pub enum AnyMessage {}

/// The id of a message: the key by which a repeat is known.
pub type MessageId = Id<AnyMessage>;

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("id {text:?} must be 1 to 64 characters of A-Z a-z 0-9 _ -")]
pub struct InvalidId {
    /// The refused text, shortened.
    pub text: String,
}

impl<T: ?Sized> Id<T> {
    /// Checks the text.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > MAX_ID_LENGTH || !text.bytes().all(allowed) {
            let text = text.chars().take(MAX_ID_LENGTH + 1).collect();
            return Err(InvalidId { text });
        }
        Ok(Self::verified(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same text as the id of something else.
    pub fn cast<U: ?Sized>(&self) -> Id<U> {
        Id::verified(self.text.clone())
    }

    fn verified(text: String) -> Self {
        Self { text, of: PhantomData }
    }
}

impl<T: ?Sized> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self::verified(uuid.to_string())
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

/// A text that is no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {text:?} must be <context>/<id>")]
pub struct InvalidStream {
    /// The refused text.
    pub text: String,
}

impl StreamId {
    /// The stream of `id` in `context`.
    pub fn new<T: ?Sized>(context: &'static str, id: &Id<T>) -> Self {
        Self { context: Cow::Borrowed(context), id: id.as_str().to_owned() }
    }

    /// Reads `<context>/<id>`.
    pub fn parse(text: &str) -> Result<Self, InvalidStream> {
        let refused = || InvalidStream { text: text.chars().take(130).collect() };
        let (context, id) = text.split_once('/').ok_or_else(refused)?;
        let context = MessageId::new(context).map_err(|_| refused())?;
        let id = MessageId::new(id).map_err(|_| refused())?;
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

/// The id of a commit, and the root of the ids of all that the commit says.
///
/// A UUID v7 whose last 16 bits are free: the events count up in them, and what the commit sends has ids derived from
/// its first event. One id is stored, any number follow from it, and a repeat of the relay says the same ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitId(Uuid);

impl CommitId {
    /// A commit's id from a fresh UUID v7.
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

    /// The commit that has an event with this id, and the event's index in it; none when no commit can.
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
    /// The id of a message that follows from this one: the same every time.
    pub fn derived(&self, what: &str) -> MessageId {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{self}/{what}").as_bytes()).into()
    }
}
