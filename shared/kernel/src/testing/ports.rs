//! Port suites: what any implementation of a port must pass, whatever stands behind it.
//! Each takes a prefix for all names it makes, so that many runs may share one database.

mod bus;
mod dead_letters;
mod event_store;
pub(crate) mod fixture;
mod inbox;
mod mailer;
mod timers;
mod view_store;

pub use bus::bus;
pub use dead_letters::dead_letters;
pub use event_store::event_store;
pub use inbox::inbox;
pub use mailer::mailer;
pub use timers::timers;
pub use view_store::view_store;
