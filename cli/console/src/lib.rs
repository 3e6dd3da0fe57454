//! The console: pages for people who would rather look than read. Each page shows what commands of the CLI print with
//! `--json`, and each action is a command, so that there is one implementation of both. The pages are served on the port of
//! the local cloud by `causeway up`, and by `causeway console` for any stack.

mod call;
mod commands;
mod fields;
mod flow;
mod graph;
mod hub;
mod letters;
mod live;
mod map;
mod page;
mod plots;
mod process;
mod protection;
mod router;
mod sagas;
mod streams;
mod timers;
mod views;

pub use process::{Console, run};
pub use router::pages;
