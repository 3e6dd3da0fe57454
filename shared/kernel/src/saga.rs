//! Sagas: processes that are declared as a plan, and run by one engine.
//!
//! A saga declares the event that starts it, the [`plan::Plan`] made from it, and what each message means to it
//! ([`signal::Signal`]). The [`engine`] owns the rest: early, late, doubled and foreign events, compensation in reverse
//! order, deadlines, the pivot, exactly one end, and an operator who resumes or aborts. [`saga!`](crate::saga!) declares
//! the messages of a saga, [`declare::saga`] its routes.

pub mod declare;
pub mod engine;
pub mod event;
mod messages;
pub mod plan;
pub mod process;
pub mod signal;
pub mod state;
#[cfg(test)]
mod tests;

pub use declare::{Saga, SagaInput, SagaMessages, Waits, saga};
pub use plan::{Plan, Stage, Step};
pub use signal::Signal;
pub use state::SagaState;
