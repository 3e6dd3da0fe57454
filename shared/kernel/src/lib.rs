//! Causeway's kernel: event sourcing and event-driven parts, pure.
//!
//! It knows no cloud and no business. What it needs of the world stands behind ports (`EventStore`, `ViewStore`,
//! `Inbox`, `Bus`, `Timers`, `DeadLetters`, `Clock`, `Ids`, `Mailer`), each with a twin in [`memory`].
//!
//! The way of a command: [`route::handle`] opens the message, [`App::execute`] loads, decides and appends one
//! [`commit::Commit`]; [`relay::relay`] says on the bus what the commit holds; [`App::project`] folds it into views.

pub mod app;
pub mod backoff;
pub mod breaker;
pub mod bus;
pub mod cache;
pub mod clock;
pub mod commit;
pub mod dead_letter;
pub mod decider;
pub mod envelope;
pub mod execute;
pub mod failure;
pub mod fold;
pub mod id;
pub mod inbox;
pub mod load;
pub mod mail;
pub mod memory;
pub mod message;
pub mod party;
pub mod process;
pub mod project;
pub mod receive;
pub mod relay;
pub mod route;
pub mod snapshot;
pub mod store;
pub mod strict;
pub mod system;
pub mod testing;
pub mod timers;
pub mod trust;
pub mod view;

#[doc(hidden)]
pub use message::read_shape;
#[doc(hidden)]
pub use serde_json::value::RawValue;

pub use app::App;
pub use app::Parts;
pub use backoff::Backoff;
pub use decider::Decider;
pub use decider::Once;
pub use decider::Rejection;
pub use decider::Wish;
pub use envelope::Cause;
pub use envelope::Delivery;
pub use envelope::Received;
pub use failure::Failure;
pub use failure::Handled;
pub use failure::Outcome;
pub use id::Id;
pub use id::InvalidId;
pub use id::MessageId;
pub use id::StreamId;
pub use message::DecodeError;
pub use message::Description;
pub use message::EncodeError;
pub use message::Encoded;
pub use message::Kind;
pub use message::Message;
pub use message::Messages;
pub use party::Parties;
pub use process::Process;
pub use route::Claimed;
pub use route::Proven;
pub use route::Route;
pub use route::Rung;
pub use route::function_name;
pub use route::route;
pub use trust::Trust;
pub use view::Patch;
pub use view::View;
