//! The command line: every command with its options, and who does it.

pub mod completions;

use std::io::Write;

use clap::Parser;
use clap::Subcommand;

use crate::ended::Ended;
use crate::place::Place;
use crate::screen::Screen;
use crate::up::Up;
use completions::Completions;

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
    /// Prints a script that completes this command in your shell.
    Completions(Completions),
}

impl Command {
    /// Does it; only `up` is done elsewhere, because it stays.
    pub async fn run(&self, place: &Place, out: &mut (dyn Write + Send)) -> anyhow::Result<Ended> {
        let mut screen = Screen::new(place.json, out);
        match self {
            Self::Up(_) => Ok(Ended::Done),
            Self::Completions(wanted) => completions::run(wanted, &mut screen),
        }
    }
}
