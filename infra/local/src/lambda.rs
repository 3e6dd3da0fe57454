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

pub use courier::Happened;
pub use courier::Listener;
pub use courier::What;
pub use executor::Executor;
pub use executor::FunctionError;
pub use executor::Invocation;
pub use functions::CutOff;
pub use functions::Functions;
pub use functions::Turn;
pub use invokes::Invokes;
pub use invokes::LARGEST_EVENT;
pub use record::Condition;
pub use request::InvokeAnswer;
pub use request::LARGEST_PAYLOAD;
pub use request::invoke;
