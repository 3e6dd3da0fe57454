//! The simulator: a whole house in one thread, on one seed, under a virtual clock and bad weather.
//! Every port call lets others go first, before and after its effect, so each await is a place where two handlers
//! meet and where one may be killed. The same seed tells the same story again.

pub mod bus;
pub mod fault_plan;
pub mod faulty_port;
pub mod killable;
pub mod relay;
pub mod rng;
pub mod run_log;
pub mod schedule;
pub mod simulation;
pub mod timers;

#[cfg(test)]
mod tests;

pub use bus::SimBus;
pub use fault_plan::{FaultPlan, Faults};
pub use faulty_port::FaultyPort;
pub use killable::{Completion, Killable};
pub use relay::{Changes, Log, SimRelay};
pub use rng::Rng;
pub use run_log::RunLog;
pub use schedule::{Endless, Schedule};
pub use simulation::{Plan, Simulation};
pub use timers::SimTimers;
