//! `causeway completions`: the script with which a shell completes commands and options.

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Causeway;
use crate::{ended::Ended, screen::Screen};

/// Which shell.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  source <(causeway completions bash)\n  causeway completions zsh > ~/.zfunc/_causeway\n  \
                        causeway completions fish > ~/.config/fish/completions/causeway.fish"
)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Prints the script.
pub fn run(wanted: &Completions, screen: &mut Screen<'_>) -> anyhow::Result<Ended> {
    let mut script = Vec::new();
    clap_complete::generate(wanted.shell, &mut Causeway::command(), "causeway", &mut script);
    let script = String::from_utf8(script).context("the script is no text")?;
    screen.show(script.trim_end(), &script)?;
    Ok(Ended::Done)
}
