//! Lambda: functions, invokes that are waited for, and the queue of those that are not, with its tries, its ages and
//! what it tells in the end. Who runs the functions is an [`Executor`]; [`process`] has one that starts binaries.

mod courier;
mod executor;
mod functions;
mod invokes;
mod pending;
pub mod process;
mod record;
mod request;
#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;

pub use courier::{Happened, Listener, What};
pub use executor::{Executor, FunctionError, Invocation};
pub use functions::{CutOff, Functions, Turn};
pub use invokes::{Invokes, LARGEST_EVENT};
pub use record::Condition;
pub use request::{InvokeAnswer, LARGEST_PAYLOAD, invoke};
