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

use crate::{command_status::CommandStatus, connection::GlobalArgs, output::Output, up::Up};
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
    pub global: GlobalArgs,
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
    pub async fn run(&self, global: &GlobalArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<CommandStatus> {
        let mut output = Output::new(global.json, out);
        match self {
            Self::Up(_) => Ok(CommandStatus::Done),
            Self::Put(args) => put::run(args, global, &mut output).await,
            Self::Tail(args) => tail::run(args, global, &mut output).await,
            Self::History(args) => history::run(args, global, &mut output).await,
            Self::State(args) => state::run(args, global, &mut output).await,
            Self::Trace(args) => trace::run(args, global, &mut output).await,
            Self::Dlq(args) => dlq::run(args, global, &mut output).await,
            Self::Timers(args) => timers::run(args, global, &mut output).await,
            Self::Rules(args) => rules::run(args, global, &mut output).await,
            Self::Pattern(args) => pattern::run(args, global, &mut output).await,
            Self::Cost(args) => cost::run(args, global, &mut output).await,
            Self::Completions(args) => completions::run(args, &mut output),
        }
    }
}
