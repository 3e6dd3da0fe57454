//! Counts attempts by request id. Lambda does not pass the attempt to a function, but a retry keeps the request id, so
//! an execution environment that sees an id again can count. The count is only for logs.

use std::{collections::VecDeque, sync::Mutex};

/// How many request ids are kept.
const MAX_REQUESTS: usize = 64;

/// The latest requests of an execution environment.
#[derive(Debug, Default)]
pub struct Attempts {
    requests: Mutex<VecDeque<(String, u32)>>,
}

impl Attempts {
    /// Counts an attempt of this request and returns its number, from 1.
    pub fn of(&self, request_id: &str) -> u32 {
        let Ok(mut requests) = self.requests.lock() else { return 1 };
        if let Some((_, count)) = requests.iter_mut().find(|(known, _)| known == request_id) {
            *count += 1;
            return *count;
        }
        if requests.len() >= MAX_REQUESTS {
            requests.pop_front();
        }
        requests.push_back((request_id.to_owned(), 1));
        1
    }
}
