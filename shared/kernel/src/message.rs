//! Messages: what is said, under one name everywhere.
//! An event is a fact in the past tense, a command is a wish that may be rejected.
//! `events!` declares a family of them once: names, versions, the chain from old shapes.

use schemars::JsonSchema;
use schemars::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// Reads one shape; used by the code that [`events!`](crate::events) makes.
#[doc(hidden)]
pub fn read_shape<T: DeserializeOwned>(name: &'static str, version: u32, data: &RawValue) -> Result<T, DecodeError> {
    let mut reader = serde_json::Deserializer::from_str(data.get());
    serde_path_to_error::deserialize(&mut reader).map_err(|error| DecodeError::Malformed {
        name,
        version,
        field: error.path().to_string(),
        reason: error.inner().to_string(),
    })
}

/// Declares a family of messages.
///
/// `Name = version` gives the schema's version; an older shape is named after `<-` and needs a `From`
/// to the shape on its left, so that reading goes up step by step.
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
/// kernel::events! {
///     /// What can happen to an order.
///     pub enum OrderEvent: events of "order" {
///         OrderPlaced = 2 <- v1::OrderPlaced,
///         OrderCancelled = 1,
///     }
/// }
/// # use kernel::Messages;
/// let old = serde_json::value::to_raw_value(&serde_json::json!({ "total": 5 }))?;
/// let event = OrderEvent::decode("OrderPlaced", 1, &old)?;
/// assert_eq!(event, OrderPlaced { total: 5, currency: "EUR".into() }.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* $vis:vis enum $family:ident: events of $context:literal { $($body:tt)* }) => {
        $crate::events! { @family [$(#[$meta])*] $vis $family $context Event { $($body)* } }
    };
    ($(#[$meta:meta])* $vis:vis enum $family:ident: commands to $context:literal { $($body:tt)* }) => {
        $crate::events! { @family [$(#[$meta])*] $vis $family $context Command { $($body)* } }
    };
    (@family [$($meta:tt)*] $vis:vis $family:ident $context:literal $kind:ident {
        $($name:ident = $version:literal $(<- $old:path)*),+ $(,)?
    }) => {
        $($meta)*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant is the documented struct of the same name")]
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
                    $crate::events!(@read version, data, Self::NAME, $version, Self; $($old,)*)
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
    (@read $said:ident, $data:ident, $name:expr, $version:expr, $shape:ty;) => {{
        const { assert!($version == 1, "every version before the current one needs its old shape after `<-`") };
        if $said == 1 {
            $crate::read_shape::<$shape>($name, $said, $data)
        } else {
            Err($crate::DecodeError::NoSuchVersion { name: $name, version: $said })
        }
    }};
    (@read $said:ident, $data:ident, $name:expr, $version:expr, $shape:ty; $old:path, $($older:path,)*) => {
        if $said == $version {
            $crate::read_shape::<$shape>($name, $said, $data)
        } else {
            let older: Result<$old, $crate::DecodeError> =
                $crate::events!(@read $said, $data, $name, $version - 1, $old; $($older,)*);
            older.map(<$shape>::from)
        }
    };
}
