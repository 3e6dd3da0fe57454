//! The marker of a once-command: it is written in the transaction of its commit, and keeps a repeat out.
//! It lies in the inbox under `<stream>/<command>`, because one message may ask two streams of one context.

use causeway::{delivery::inbox::INBOX_RETENTION, log::commit::Commit};

use super::attributes::{Item, number, read_number, text};

/// The inbox's key.
pub(crate) const TICKET: &str = "ticket";
/// When the inbox forgets, in seconds of the epoch. The service deletes late, so it is compared, too.
pub(crate) const EXPIRES: &str = "expires";

const VERSION: &str = "version";

/// The marker of a commit's command.
pub(crate) fn marker(commit: &Commit) -> Item {
    let expires = commit.at.as_second().saturating_add(INBOX_RETENTION.as_secs());
    let attributes = [
        (TICKET, text(format!("{}/{}", commit.stream, commit.command))),
        (VERSION, number(commit.version)),
        (EXPIRES, number(expires)),
    ];
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The version of the commit that obeyed the command.
pub(crate) fn handled_at(marker: &Item) -> Result<u64, String> {
    read_number(marker, VERSION)
}
