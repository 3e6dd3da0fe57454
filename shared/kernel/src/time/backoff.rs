//! [`Backoff`]: a retry policy with exponential delays, full jitter and a maximum number of tries.

#[cfg(test)]
mod tests;

use jiff::SignedDuration;

use crate::time::clock::Ids;

/// A retry policy.
///
/// ```
/// # use jiff::SignedDuration;
/// use causeway::Backoff;
/// let policy = Backoff { first: SignedDuration::from_millis(50), most: SignedDuration::from_secs(2), tries: 5 };
/// # let ids = causeway::memory::MemoryIds::seeded(1);
/// let mut wait = SignedDuration::ZERO;
/// for retry in 0..10 {
///     match policy.delay(retry, &ids) {
///         Some(delay) => wait += delay,
///         None => break,
///     }
/// }
/// assert!(wait <= SignedDuration::from_millis(50 + 100 + 200 + 400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The upper bound of the first delay; each further bound is twice as long.
    pub first: SignedDuration,
    /// The longest delay.
    pub most: SignedDuration,
    /// The number of tries, including the first.
    pub tries: u32,
}

impl Backoff {
    /// The delay before this retry (0 is the first retry), or `None` when the tries are used up.
    /// Full jitter: a random delay from zero to the exponential bound, so that competing writers do not collide again.
    pub fn delay(&self, retry: u32, ids: &dyn Ids) -> Option<SignedDuration> {
        if retry.saturating_add(1) >= self.tries {
            return None;
        }
        let doubled = self.first.as_secs_f64() * f64::from(1_u32 << retry.min(20));
        let bound = doubled.min(self.most.as_secs_f64());
        Some(SignedDuration::from_secs_f64(bound * ids.random()))
    }
}
