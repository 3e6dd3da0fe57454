//! Schedules fire as AWS's own do, on a clock that stands, over a real bus.

mod api;
mod firing;
mod restart;
mod stage;
mod targets;
