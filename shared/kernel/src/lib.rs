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

pub use app::{App, Parts};
pub use backoff::Backoff;
pub use decider::{Decider, Once, Rejection, Wish};
pub use envelope::{Cause, Delivery, Received};
pub use failure::{Failure, Handled, Outcome};
pub use id::{Id, InvalidId, MessageId, StreamId};
pub use message::{DecodeError, Description, EncodeError, Encoded, Kind, Message, Messages};
pub use party::Parties;
pub use process::Process;
pub use route::{Claimed, Proven, Route, Rung, function_name, route};
pub use trust::Trust;
pub use view::{Patch, View};
