//! The test kit: how tests of deciders, views, processes and ports are told.
//! It is made for tests, so it panics, with what was expected and what was found.

mod assert_idempotent;
mod diff;
mod given;
mod given_process;
mod given_view;
pub mod ports;
mod recorder;
mod sequence;
pub mod sim;
#[cfg(test)]
pub(crate) mod tests;

pub use assert_idempotent::assert_idempotent;
pub use given::{Decided, Given, given};
pub use given_process::{GivenProcess, given_process};
pub use given_view::{GivenView, given_view};
pub use recorder::Recorder;
pub use sequence::Sequence;
