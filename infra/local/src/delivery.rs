//! Deliveries to targets, whoever owes them: tried when they are due, tried again as their policy says, and buried
//! with the dead letters when that is used up. What has not ended stands in the ledger of who owes it.

mod attempt;
mod driver;
pub(crate) mod fate;
pub(crate) mod outbox;
pub(crate) mod progress;
mod quiet;
pub(crate) mod retry;
pub(crate) mod sender;

pub(crate) use driver::run;
pub(crate) use quiet::is_quiet;
