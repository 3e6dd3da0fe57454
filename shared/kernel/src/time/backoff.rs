//! Waiting between tries: exponential, with jitter, and with an end.

#[cfg(test)]
mod tests;

use jiff::SignedDuration;

use crate::time::clock::Ids;

/// How often and how long to try again.
///
/// ```
/// # use jiff::SignedDuration;
/// use causeway::Backoff;
/// let patient = Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(2), tries: 5 };
/// # let ids = causeway::memory::MemoryIds::seeded(1);
/// let mut wait = SignedDuration::ZERO;
/// for retry in 0..10 {
///     match patient.delay(retry, &ids) {
///         Some(delay) => wait += delay,
///         None => break,
///     }
/// }
/// assert!(wait <= SignedDuration::from_millis(50 + 100 + 200 + 400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest first wait; each further one may be twice as long.
    pub first: SignedDuration,
    /// No wait is longer.
    pub most: SignedDuration,
    /// Tries in all, the first included.
    pub tries: u32,
}

impl Backoff {
    /// The wait before this retry (0 is the first retry), or `None` when the tries are used up.
    /// Full jitter: anything from nothing to the exponential bound, so that losers do not meet again.
    pub fn delay(&self, retry: u32, ids: &dyn Ids) -> Option<SignedDuration> {
        if retry.saturating_add(1) >= self.tries {
            return None;
        }
        let doubled = self.first.as_secs_f64() * f64::from(1_u32 << retry.min(20));
        let bound = doubled.min(self.most.as_secs_f64());
        Some(SignedDuration::from_secs_f64(bound * ids.random()))
    }
}
