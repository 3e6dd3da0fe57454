//! The contract of messages: [`Message`] is one type, [`Messages`] a family of them as an enum.
//! [`events!`](crate::events) declares a family once: names, versions, and how older versions are upcast.

#[cfg(test)]
mod tests;

use schemars::{JsonSchema, Schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// The largest message body that is encoded or received, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 192 * 1024;

/// Event or command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that happened; its name is in the past tense.
    Event,
    /// A request that may be rejected.
    Command,
}

/// One message type.
pub trait Message: Serialize + DeserializeOwned + JsonSchema + Clone + Send + Sync + 'static {
    /// The name: of the Rust type, the detail-type, the schema file and in the template.
    const NAME: &'static str;
    /// The schema's version, counted from 1.
    const VERSION: u32;
    /// The context that owns the message: it publishes the event, or handles the command.
    const CONTEXT: &'static str;
    /// Event or command.
    const KIND: Kind;

    /// Decodes a body of this or any older version; an older one is upcast version by version.
    fn decode(version: u32, data: &RawValue) -> Result<Self, DecodeError>;
}

/// A family of messages: the enum that [`events!`](crate::events) declares.
pub trait Messages: Clone + Send + Sync + 'static {
    /// The names of all members.
    const NAMES: &'static [&'static str];

    /// The member's name.
    fn name(&self) -> &'static str;

    /// Encodes the member for the log and the bus.
    fn encode(&self) -> Result<Encoded, EncodeError>;

    /// Decodes a member by name and version; an older version is upcast.
    fn decode(name: &str, version: u32, data: &RawValue) -> Result<Self, DecodeError>;

    /// One description per member, for the schema catalogue.
    fn descriptions() -> Vec<Description>;
}

/// One message type in the schema catalogue.
#[derive(Clone, Debug)]
pub struct Description {
    /// The message's name.
    pub name: &'static str,
    /// The schema's version.
    pub version: u32,
    /// The context that owns it.
    pub context: &'static str,
    /// Event or command.
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

/// A message body as it is stored and published.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The message's name.
    pub name: String,
    /// The schema's version.
    pub version: u32,
    /// The body as JSON.
    pub data: Box<RawValue>,
}

impl Encoded {
    /// Encodes a message of at most [`MAX_MESSAGE_BYTES`].
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

/// A message that cannot be encoded.
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
    /// The body cannot be written as JSON.
    #[error("{name} cannot be written as JSON: {reason}")]
    Unwritable {
        /// The message.
        name: &'static str,
        /// The serializer's error.
        reason: String,
    },
}

/// A body that cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No member of the family has this name.
    #[error("unknown message {name}")]
    Unknown {
        /// The unknown name, cut to 128 characters.
        name: String,
    },
    /// The version is newer than this code.
    #[error("{name} version {version} is newer than the {known} known here")]
    Newer {
        /// The message.
        name: &'static str,
        /// The version of the body.
        version: u32,
        /// The newest version that this code can decode.
        known: u32,
    },
    /// The message never had this version.
    #[error("{name} has no version {version}")]
    NoSuchVersion {
        /// The message.
        name: &'static str,
        /// The version of the body.
        version: u32,
    },
    /// The body does not match the version's schema.
    #[error("{name} v{version}, field {field}: {reason}")]
    Malformed {
        /// The message.
        name: &'static str,
        /// The version of the body.
        version: u32,
        /// The path in the body: `lines[0].quantity`.
        field: String,
        /// What is wrong there.
        reason: String,
    },
}

/// Decodes one version of a body; used by the code that [`events!`](crate::events) makes.
#[doc(hidden)]
pub fn read_shape<T: DeserializeOwned>(name: &'static str, version: u32, data: &RawValue) -> Result<T, DecodeError> {
    if data.get().trim_ascii_start().starts_with('[') {
        // Serde would read an array as the fields in their order; no schema is published like that.
        return Err(DecodeError::Malformed {
            name,
            version,
            field: ".".to_owned(),
            reason: "must be an object".to_owned(),
        });
    }
    // Tracking the path costs time, so only a body that failed is decoded again with it.
    serde_json::from_str(data.get()).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_str(data.get());
        serde_path_to_error::deserialize(&mut reader).map_err(|error| DecodeError::Malformed {
            name,
            version,
            field: error.path().to_string(),
            reason: error.inner().to_string(),
        })
    })
}

/// Declares a family of messages.
///
/// `Name = version` gives the schema's version. Each older version is named after `<-` and needs a `From` to the
/// version on its left, so that decoding upcasts version by version.
/// `commands to "order" by order_id` names the field that holds the aggregate's id; such a family can be routed by
/// [`commands`](crate::commands).
///
/// ```
/// # use schemars::JsonSchema; use serde::{Serialize, Deserialize};
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
/// # pub struct OrderPlaced { pub total: u64, pub currency: String }
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
/// # pub struct OrderCancelled { pub reason: String }
/// # mod v1 {
/// #     #[derive(serde::Deserialize)] pub struct OrderPlaced { pub total: u64 }
/// #     impl From<OrderPlaced> for super::OrderPlaced {
/// #         fn from(old: OrderPlaced) -> Self { Self { total: old.total, currency: "EUR".into() } }
/// #     }
/// # }
/// causeway::events! {
///     /// What can happen to an order.
///     pub enum OrderEvent: events of "order" {
///         OrderPlaced = 2 <- v1::OrderPlaced,
///         OrderCancelled = 1,
///     }
/// }
/// # use causeway::Messages;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let old = serde_json::value::to_raw_value(&serde_json::json!({ "total": 5 }))?;
/// let event = OrderEvent::decode("OrderPlaced", 1, &old)?;
/// assert_eq!(event, OrderPlaced { total: 5, currency: "EUR".into() }.into());
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* $vis:vis enum $family:ident: events of $context:literal { $($body:tt)* }) => {
        $crate::events! { @family [$(#[$meta])*] $vis $family $context Event { $($body)* } }
        $crate::events! { @events $family { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis enum $family:ident: commands to $context:literal { $($body:tt)* }) => {
        $crate::events! { @family [$(#[$meta])*] $vis $family $context Command { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis enum $family:ident: commands to $context:literal by $id:ident { $($body:tt)* }) => {
        $crate::events! { @family [$(#[$meta])*] $vis $family $context Command { $($body)* } }
        $crate::events! { @commands $family $id { $($body)* } }
    };
    (@events $family:ident { $($name:ident = $version:literal $(<- $($old:ident)::+)*),+ $(,)? }) => {
        impl $crate::routing::EventFamily for $family {
            fn view_routes<V: $crate::routing::ViewSet<Event = Self>>() -> Vec<$crate::Route> {
                vec![$($crate::routing::view_route::<$name, V>()),+]
            }
        }
    };
    (@commands $family:ident $id:ident { $($name:ident = $version:literal $(<- $($old:ident)::+)*),+ $(,)? }) => {
        $(
            impl $crate::routing::Addressed for $name {
                fn stream(&self) -> $crate::StreamId {
                    $crate::StreamId::new(<Self as $crate::Message>::CONTEXT, &self.$id)
                }
            }
        )+

        impl $crate::routing::CommandFamily for $family {
            fn command_routes<D: $crate::Decider<Command = Self>>() -> Vec<$crate::Route> {
                vec![$($crate::routing::command_route::<D, $name>()),+]
            }
        }
    };
    (@family [$($meta:tt)*] $vis:vis $family:ident $context:literal $kind:ident {
        $($name:ident = $version:literal $(<- $($old:ident)::+)*),+ $(,)?
    }) => {
        $($meta)*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, clippy::enum_variant_names, reason = "each variant is the documented struct of its name")]
        $vis enum $family { $($name($name)),+ }

        $(
            impl $crate::Message for $name {
                const NAME: &'static str = stringify!($name);
                const VERSION: u32 = $version;
                const CONTEXT: &'static str = $context;
                const KIND: $crate::Kind = $crate::Kind::$kind;

                fn decode(version: u32, data: &$crate::RawValue) -> Result<Self, $crate::DecodeError> {
                    if version > $version {
                        return Err($crate::DecodeError::Newer { name: Self::NAME, version, known: $version });
                    }
                    $crate::events!(@read version, data, Self::NAME, $version, Self; $($($old)::+,)*)
                }
            }

            impl From<$name> for $family {
                fn from(message: $name) -> Self {
                    Self::$name(message)
                }
            }
        )+

        impl $crate::Messages for $family {
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),+ }
            }

            fn encode(&self) -> Result<$crate::Encoded, $crate::EncodeError> {
                match self { $(Self::$name(message) => $crate::Encoded::of(message)),+ }
            }

            fn decode(name: &str, version: u32, data: &$crate::RawValue) -> Result<Self, $crate::DecodeError> {
                match name {
                    $(stringify!($name) => <$name as $crate::Message>::decode(version, data).map(Self::$name),)+
                    _ => Err($crate::DecodeError::Unknown { name: name.chars().take(128).collect() }),
                }
            }

            fn descriptions() -> Vec<$crate::Description> {
                vec![$($crate::Description::of::<$name>()),+]
            }
        }
    };
    (@read $found:ident, $data:ident, $name:expr, $version:expr, $shape:ty;) => {{
        const { assert!($version == 1, "every version before the current one needs its type after `<-`") };
        if $found == 1 {
            $crate::read_shape::<$shape>($name, $found, $data)
        } else {
            Err($crate::DecodeError::NoSuchVersion { name: $name, version: $found })
        }
    }};
    (@read $found:ident, $data:ident, $name:expr, $version:expr, $shape:ty; $old:path, $($older:path,)*) => {
        if $found == $version {
            $crate::read_shape::<$shape>($name, $found, $data)
        } else {
            let older: Result<$old, $crate::DecodeError> =
                $crate::events!(@read $found, $data, $name, $version - 1, $old; $($older,)*);
            older.map(<$shape>::from)
        }
    };
}
