//! Event sourcing, pure: the kernel of Causeway.
//!
//! A command takes this way: [`delivery::handle::handle`] decodes the message, [`App::execute`] loads the stream, decides and
//! appends one [`log::commit::Commit`]; [`delivery::relay::relay`] publishes what the commit holds; [`App::project`] folds
//! it into views. [`testing`] has given/when/then, port suites and the simulator.
#![doc = include_str!("../README.md")]

pub mod app;
pub mod command;
pub mod delivery;
pub mod failure;
pub mod gateway;
pub mod log;
pub mod memory;
pub mod message;
pub mod saga;
pub mod testing;
pub mod time;
pub mod view;

#[doc(hidden)]
pub use message::contract::read_shape;
#[doc(hidden)]
pub use serde_json::value::RawValue;

pub use app::{App, Ports};
pub use command::decider::{Decider, Effect, Once, Rejection};
pub use delivery::{
    declare::{commands, views},
    input::{Claimed, TimerFired, Verified},
    route::{Right, Role, Route, function_name, route},
    verify::VerificationPolicy,
};
pub use failure::{Failure, Handled, Outcome};
pub use gateway::gateways::Gateways;
pub use message::{
    contract::{DecodeError, Description, EncodeError, Encoded, Kind, Message, Messages},
    envelope::{Cause, Delivery, Received},
    id::{Id, InvalidId, MessageId, StreamId},
};
pub use saga::process::Process;
pub use time::backoff::Backoff;
pub use view::view_store::{Patch, View};
