//! A question before something goes for good. Without a terminal nobody can answer, so nothing goes without --yes.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use anyhow::bail;

/// Whether it may go. The question is asked on the standard error, so that the answer can be piped on.
pub fn may_go(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        bail!("{question} Nobody is here to answer: give --yes");
    }
    write!(stderr(), "{} [y/N] ", crate::screen::printable(question))?;
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
