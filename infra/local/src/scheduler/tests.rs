//! Schedules fire as in AWS, on a paused clock and with a real event bus.

mod api;
mod firing;
mod fixture;
mod restart;
mod targets;
