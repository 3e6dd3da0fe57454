//! Port suites: the tests that every implementation of a port passes.
//! Each takes a prefix for all names that it uses, so that many runs can share one database.

mod delivery;
mod event_store;
pub(crate) mod fixture;
mod inbox;
mod journal;
mod mailer;
mod outcomes;
#[cfg(test)]
mod tests;
mod timers;
mod view_store;

pub use delivery::{bus, dead_letters};
pub use event_store::event_store;
pub use inbox::inbox;
pub use journal::journal;
pub use mailer::mailer;
pub use outcomes::outcomes;
pub use timers::timers;
pub use view_store::view_store;
