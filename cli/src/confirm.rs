//! Asks for confirmation before something is deleted. Without a terminal nothing is deleted unless --yes is given.

use std::io::{IsTerminal as _, stdin};

use anyhow::bail;

use crate::output::prompt;

/// Asks the question on the standard error, so that the standard output can be piped on. True for yes.
pub fn confirm(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        bail!("{question} There is no terminal to answer at: give --yes");
    }
    prompt(format_args!("{question} [y/N] "))?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
