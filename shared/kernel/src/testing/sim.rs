//! The simulator: a whole application in one thread, with a virtual clock and injected faults.
//! Every port call yields before and after its effect, so handlers interleave at each await, and may be killed there.
//! A run is deterministic: the same seed gives the same run.

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
