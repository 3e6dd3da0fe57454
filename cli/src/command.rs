//! The command line: every command with its options, and who does it.

pub mod completions;
pub mod cost;
pub mod dlq;
pub mod history;
pub mod pattern;
pub mod put;
pub mod rules;
pub mod state;
pub mod tail;
pub mod timers;
pub mod trace;

use std::io::Write;

use clap::{Parser, Subcommand};

use crate::{ended::Ended, place::Place, screen::Screen, up::Up};
use completions::Completions;
use cost::Cost;
use dlq::Dlq;
use history::History;
use pattern::Pattern;
use put::Put;
use rules::Rules;
use state::State;
use tail::Tail;
use timers::Timers;
use trace::Trace;

/// Causeway: the local cloud on this machine, and the tools for a stack here or on AWS.
#[derive(Parser, Debug)]
#[command(name = "causeway", version, max_term_width = 110)]
pub struct Causeway {
    /// Where to work.
    #[command(flatten)]
    pub place: Place,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Starts everything that the template declares, behind one port, until Ctrl-C.
    Up(Up),
    /// Puts messages of the catalogue or of a file on a bus.
    Put(Put),
    /// Shows what happens in the local cloud, while it happens.
    Tail(Tail),
    /// Shows what a stream holds.
    History(History),
    /// Shows where a stream stands, now or then.
    State(State),
    /// Shows all that followed from one wish, as a tree of causes.
    Trace(Trace),
    /// Reads dead letters, puts them back, throws them away.
    Dlq(Dlq),
    /// Shows what is to be said later, and takes it back.
    Timers(Timers),
    /// Shows who listens to what.
    Rules(Rules),
    /// Tries an event pattern on an event.
    Pattern(Pattern),
    /// Plays orders on a local cloud of its own, counts what they cause, and says what that costs on AWS.
    Cost(Cost),
    /// Prints a script that completes this command in your shell.
    Completions(Completions),
}

impl Command {
    /// Does it; only `up` is done elsewhere, because it stays.
    pub async fn run(&self, place: &Place, out: &mut (dyn Write + Send)) -> anyhow::Result<Ended> {
        let mut screen = Screen::new(place.json, out);
        match self {
            Self::Up(_) => Ok(Ended::Done),
            Self::Put(wanted) => put::run(wanted, place, &mut screen).await,
            Self::Tail(wanted) => tail::run(wanted, place, &mut screen).await,
            Self::History(wanted) => history::run(wanted, place, &mut screen).await,
            Self::State(wanted) => state::run(wanted, place, &mut screen).await,
            Self::Trace(wanted) => trace::run(wanted, place, &mut screen).await,
            Self::Dlq(wanted) => dlq::run(wanted, place, &mut screen).await,
            Self::Timers(wanted) => timers::run(wanted, place, &mut screen).await,
            Self::Rules(wanted) => rules::run(wanted, place, &mut screen).await,
            Self::Pattern(wanted) => pattern::run(wanted, place, &mut screen).await,
            Self::Cost(wanted) => cost::run(wanted, place, &mut screen).await,
            Self::Completions(wanted) => completions::run(wanted, &mut screen),
        }
    }
}
