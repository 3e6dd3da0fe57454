//! The bus as AWS's own behaves, played on a clock that stands.

mod api;
mod archive;
mod delivery;
mod faults;
mod input;
mod put;
mod restart;
mod timers;
pub(crate) mod world;
