//! The test kit: given/when/then for deciders, views and processes, recorders, port suites and the simulator.
//! A failed expectation panics with the difference between what was expected and what was found.

mod assert_idempotent;
mod diff;
mod given;
mod given_process;
mod given_saga;
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
pub use given_saga::{GivenSaga, given_saga};
pub use given_view::{GivenView, given_view};
pub use recorder::Recorder;
pub use sequence::Sequence;
