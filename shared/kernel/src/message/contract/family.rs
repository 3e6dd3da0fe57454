//! `events!`: a family of messages, declared once, with the chain from the old shapes.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::DecodeError;

/// Reads one shape; used by the code that [`events!`](crate::events) makes.
#[doc(hidden)]
pub fn read_shape<T: DeserializeOwned>(name: &'static str, version: u32, data: &RawValue) -> Result<T, DecodeError> {
    if data.get().trim_ascii_start().starts_with('[') {
        // It would be read field by field in their order, which is nobody's published shape.
        return Err(DecodeError::Malformed {
            name,
            version,
            field: ".".to_owned(),
            reason: "must be an object".to_owned(),
        });
    }
    // Keeping track of the path makes reading dearer, so only a body that is refused is read with it, for the reason.
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
/// `Name = version` gives the schema's version; an older shape is named after `<-` and needs a `From`
/// to the shape on its left, so that reading upcasts step by step.
/// `commands to "order" by order_id` names the field that holds the id of the aggregate; such a family can be routed by
/// [`commands`](crate::delivery::declare::commands).
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
        impl $crate::delivery::declare::EventFamily for $family {
            fn view_routes<V: $crate::delivery::declare::ViewSet<Event = Self>>() -> Vec<$crate::Route> {
                vec![$($crate::delivery::declare::view_route::<$name, V>()),+]
            }
        }
    };
    (@commands $family:ident $id:ident { $($name:ident = $version:literal $(<- $($old:ident)::+)*),+ $(,)? }) => {
        $(
            impl $crate::delivery::declare::Addressed for $name {
                fn stream(&self) -> $crate::StreamId {
                    $crate::StreamId::new(<Self as $crate::Message>::CONTEXT, &self.$id)
                }
            }
        )+

        impl $crate::delivery::declare::CommandFamily for $family {
            fn command_routes<D: $crate::Decider<Command = Self>>() -> Vec<$crate::Route> {
                vec![$($crate::delivery::declare::command_route::<D, $name>()),+]
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
