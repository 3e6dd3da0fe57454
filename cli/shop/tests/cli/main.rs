//! The command line, called in this process or as a program, on local clouds of its own.

mod console;
mod cost;
#[cfg(target_os = "linux")]
mod crash;
mod damaged_data;
mod demo;
mod dlq;
mod faults;
mod history;
mod hostile;
mod past;
mod pattern;
mod put;
mod rules;
mod saga;
mod stage;
mod start_errors;
mod state;
mod tail;
mod timers;
mod trace;
mod view;
