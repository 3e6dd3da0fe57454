//! Which try an invocation is. Lambda tells nobody, but a retry has the same request id; so an environment that
//! meets one again knows better. It is a word for the log, nothing is decided on it.

use std::{collections::VecDeque, sync::Mutex};

/// How many requests are remembered.
const INBOX_RETENTION: usize = 64;

/// The requests an environment has seen last.
#[derive(Debug, Default)]
pub struct Attempts {
    seen: Mutex<VecDeque<(String, u32)>>,
}

impl Attempts {
    /// Which try this is, counted from 1.
    pub fn of(&self, request_id: &str) -> u32 {
        let Ok(mut seen) = self.seen.lock() else { return 1 };
        if let Some((_, count)) = seen.iter_mut().find(|(seen, _)| seen == request_id) {
            *count += 1;
            return *count;
        }
        if seen.len() >= INBOX_RETENTION {
            seen.pop_front();
        }
        seen.push_back((request_id.to_owned(), 1));
        1
    }
}
