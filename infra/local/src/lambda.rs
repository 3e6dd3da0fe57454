//! Lambda: functions, synchronous and asynchronous invocations, destinations and dead-letter queues. An [`Executor`]
//! runs the functions; [`process`] has one that starts binaries.

mod async_invoker;
mod destination;
mod executor;
#[cfg(test)]
pub(crate) mod fixture;
mod functions;
mod invoke_api;
mod pending_event;
pub mod process;
#[cfg(test)]
mod tests;

pub use async_invoker::{AsyncInvoker, InvocationActivity, InvocationStep, Listener, MAX_EVENT_SIZE};
pub use destination::Condition;
pub use executor::{Executor, FunctionError, Invocation};
pub use functions::{ConcurrencyPermit, Functions, TimeoutClock};
pub use invoke_api::{InvokeResponse, MAX_PAYLOAD_SIZE, invoke};
