//! The simulator: a whole house in one thread, on one seed, under a virtual clock and bad weather.
//! Every port call lets others go first, before and after its effect, so each await is a place where two handlers
//! meet and where one may be killed. The same seed tells the same story again.

pub mod bus;
pub mod chance;
pub mod ledger;
pub mod mortal;
pub mod ports;
pub mod relay;
pub mod schedule;
pub mod timers;
pub mod weather;
pub mod world;

#[cfg(test)]
mod tests;

pub use bus::SimBus;
pub use chance::Chance;
pub use ledger::Ledger;
pub use mortal::{Ended, Killable};
pub use ports::FaultyPort;
pub use relay::{Changes, Log, SimRelay};
pub use schedule::{Endless, Schedule};
pub use timers::SimTimers;
pub use weather::{FaultPlan, Faults};
pub use world::{Plan, Simulation};
