//! The commands as somebody calls them, each on a whole cloud in this process.

mod cost;
mod dlq;
mod history;
mod hostile;
mod pattern;
mod put;
mod rules;
mod stage;
mod state;
mod tail;
mod timers;
mod trace;
