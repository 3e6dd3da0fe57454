//! The command line: all commands with their options.

use std::io::Write;

use causeway_cli::{
    command::{
        Stack,
        completions::{self, Completions},
    },
    command_status::CommandStatus,
    connection::GlobalArgs,
    output::Output,
    up::Up,
};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    SHOP,
    cost::{self, Cost},
};

/// Causeway: the local cloud on this machine, and commands for a stack here or on AWS.
#[derive(Parser, Debug)]
#[command(name = "causeway", version, max_term_width = 110)]
pub struct Causeway {
    /// The options of all commands.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Runs the local cloud: everything that the template declares, behind one port, until Ctrl-C.
    Up(UpOrDemo),
    /// A command on a stack.
    #[command(flatten)]
    Stack(Stack),
    /// Calculates what orders cost on AWS: runs them on a local cloud in memory and counts requests, capacity and storage.
    Cost(Cost),
    /// Prints a completion script for your shell.
    Completions(Completions),
}

/// The options of `up`.
#[derive(clap::Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  causeway up\n  causeway up --fresh --port 4600 --data shop-data\n  causeway up --demo\n  \
                  causeway up --speed 60\n  causeway up --paused --memory\n  causeway up --binaries target/debug\n  \
                  causeway up --fault duplicate=0.1,throttle@dynamodb=0.05 --seed 7"
)]
pub struct UpOrDemo {
    /// The local cloud.
    #[command(flatten)]
    pub up: Up,
    /// Runs three scenarios, prints every event, checks the views, the event log and the mailbox, and exits: an order
    /// that is confirmed, one that is cancelled because a line is out of stock, and fifty orders of the last unit.
    #[arg(long)]
    pub demo: bool,
}

impl Command {
    /// Runs the command. `up` does nothing here: `main` runs it, because it stays.
    pub async fn run(&self, global: &GlobalArgs, out: &mut (dyn Write + Send)) -> anyhow::Result<CommandStatus> {
        let mut output = Output::new(global.json, out);
        match self {
            Self::Up(_) => Ok(CommandStatus::Done),
            Self::Stack(command) => command.run(global, &SHOP, &mut output).await,
            Self::Cost(args) => cost::run(args, global, &mut output).await,
            Self::Completions(args) => completions::run(args, Causeway::command(), &mut output),
        }
    }
}
