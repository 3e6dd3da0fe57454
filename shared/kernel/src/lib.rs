//! Causeway: event sourcing and messaging for AWS Lambda, without any AWS in it.
//!
//! The crate holds the rules and algorithms: deciders, the log, views, the relay, the inbox, timers, sagas. It reaches the
//! outside only through [`Ports`]: traits that `causeway-aws` implements with AWS clients, and [`memory`] in memory.
//!
//! # From a command to a view
//!
//! 1. A command arrives on the bus. [`Route::handle`] decodes and verifies it and calls the handler.
//! 2. The handler calls [`App::execute`]: it loads the aggregate's stream, calls [`Decider::decide`], and appends the events
//!    as one [`Commit`](log::Commit) at the expected version.
//! 3. The [`relay`](delivery::relay()) reads the commit from the log's change stream, publishes its events and the messages
//!    it sends, and sets its timers.
//! 4. Each event arrives at its routes. [`App::project`] updates the rows of a [`View`].
//!
//! Messages arrive at least once and in any order. Expected versions, recent commands in the log and the inbox make every
//! step idempotent.
//!
//! # Modules
//!
//! | module | what is in it |
//! |---|---|
//! | [`message`] | messages and [`events!`], envelope, ids, strict JSON |
//! | [`log`] | [`Commit`](log::Commit), and the port [`EventStore`](log::EventStore) |
//! | [`time`] | clock, ids, timers, [`Backoff`] |
//! | [`journal`] | the events of all streams in one order, at dense positions; the port [`Journal`](journal::Journal) |
//! | [`gateway`] | clients of outside services, circuit breaker, mail |
//! | [`command`] | [`Decider`], [`execute`](command::execute()), embedded snapshots, the cache |
//! | [`view`] | [`View`], the port [`ViewStore`](view::ViewStore), [`project`](view::project::project) |
//! | [`delivery`] | receive, verify and [`handle`](delivery::handle()) a message; inbox, dead letters, bus, relay |
//! | [`ports`], [`app`], [`routing`] | [`Ports`] in one struct; [`App`], what handlers get; [`Route`], which function handles what |
//! | [`http`] | [`HttpFunction`](http::HttpFunction), a family of HTTP routes; rows and lists for requests |
//! | [`mod@saga`] | [`Saga`], declared as a [`Plan`] and run by one engine |
//! | [`stream`], [`pattern`] | [windows](stream::Windows) over streams of facts; [patterns](pattern::Patterns) of events |
//! | [`memory`] | an in-memory implementation of every port; an event stream with processors |
//! | [`temporal`] | past states and rows, differences, counts by type and time, what-if |
//! | [`testing`] | given/when/then, recorders, port suites, the simulator |
//!
//! Each module imports only modules above it in this table, except that `command`, `view` and `delivery` take `&Ports`.
//!
//! The example below shows a decider, its test, and its execution on in-memory ports.
#![doc = include_str!("../README.md")]

pub mod app;
pub mod command;
pub mod delivery;
pub mod failure;
pub mod gateway;
pub mod http;
pub mod journal;
pub mod log;
pub mod memory;
pub mod message;
pub mod pattern;
pub mod ports;
pub mod routing;
pub mod saga;
pub mod stream;
pub mod temporal;
pub mod testing;
pub mod time;
pub mod view;

#[doc(hidden)]
pub use message::contract::read_shape;
#[doc(hidden)]
pub use serde_json::value::RawValue;

pub use app::App;
pub use command::{Decider, Effect, Once, Rejection};
pub use delivery::{Claimed, TimerFired, VerificationPolicy, Verified};
pub use failure::{Failure, Handled, Outcome};
pub use gateway::Gateways;
pub use message::{
    Cause, DecodeError, Delivery, Description, EncodeError, Encoded, Id, InvalidId, Kind, Message, MessageId, Messages,
    Received, StreamId,
};
pub use ports::Ports;
pub use routing::{Right, Role, Route, commands, commands_except, function_name, route, views};
pub use saga::{Plan, Saga, Signal, Stage, Step, process::Process, saga};
pub use time::Backoff;
pub use view::{AddsTo, Patch, Projection, View};
