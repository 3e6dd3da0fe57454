//! The mailbox of SES: mails are kept and not sent. A mail that was sent twice is in the mailbox twice, because SES has no
//! idempotency key and would deliver both.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use crate::wal::{Wal, WalError};

/// Number of mails that are kept. The oldest are dropped.
const MOST_MAILS: usize = 10_000;

/// The accepted mails, logged before they are acknowledged.
#[derive(Debug)]
pub struct Mailbox {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug)]
struct Kept {
    wal: Wal<Value>,
    /// The oldest first.
    mails: VecDeque<Value>,
}

impl Mailbox {
    /// Opens the mailbox with its write-ahead log at this path. Without a path the mails are kept in memory.
    pub fn open(path: Option<&Path>) -> Result<Self, WalError> {
        Self::of_at_most(MOST_MAILS, path)
    }

    fn of_at_most(most: usize, path: Option<&Path>) -> Result<Self, WalError> {
        let (wal, mails) = match path {
            Some(path) => Wal::open(path)?,
            None => (Wal::in_memory(), Vec::new()),
        };
        let mut mails = VecDeque::from(mails);
        mails.drain(..mails.len().saturating_sub(most));
        Ok(Self { kept: Mutex::new(Kept { wal, mails }), most })
    }

    pub(super) fn keep(&self, mail: Value) -> Result<(), WalError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { wal, mails } = &mut *kept;
        wal.append(&mail)?;
        mails.push_back(mail);
        if mails.len() > self.most {
            mails.pop_front();
        }
        if wal.length() > self.most * 2 {
            // The mail itself is logged, so a failed compaction does not refuse it.
            if let Err(error) = wal.compact(mails.make_contiguous()) {
                tracing::warn!(%error, "the log of the mails could not be compacted");
            }
        }
        Ok(())
    }

    /// The newest mails to this address, at most `most`, the oldest of them first; and the number of all.
    pub(super) fn newest(&self, to: Option<&str>, most: usize) -> (Vec<Value>, usize) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = || kept.mails.iter().filter(|mail| to.is_none_or(|to| is_to(mail, to)));
        let mut newest: Vec<Value> = matching().rev().take(most).cloned().collect();
        newest.reverse();
        (newest, matching().count())
    }
}

/// Whether the mail has this recipient, which may be written with a name: `Ada <ada@example.com>`.
fn is_to(mail: &Value, address: &str) -> bool {
    let destination = mail.get("Destination");
    let lists = ["ToAddresses", "CcAddresses", "BccAddresses"].into_iter().filter_map(|list| destination?.get(list));
    let mut addresses = lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    addresses.any(|written| {
        let bare = written.rsplit_once('<').map_or(written, |(_, rest)| rest.trim_end().trim_end_matches('>'));
        bare.trim().eq_ignore_ascii_case(address.trim())
    })
}
