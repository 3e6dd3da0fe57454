//! How long a story may take, in the seconds of the world.

use std::time::Duration;

use crate::up::Running;

/// After this a story has not ended as told.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For its orders to come to an end.
    pub with_orders: Duration,
    /// When all have: for the last views and mails.
    pub with_rest: Duration,
}

impl Patience {
    /// Enough for this cloud. After a failure a function waits for minutes, twice at most; without faults none fails.
    pub fn with(running: &Running) -> Self {
        let [usual, rest, with_faults] = [60, 20, 600].map(Duration::from_secs);
        match running.seed {
            None => Self { with_orders: usual, with_rest: rest },
            Some(_) => Self { with_orders: with_faults, with_rest: with_faults },
        }
    }
}
