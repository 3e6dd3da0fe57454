//! Whether all that a sender owes waits for a later time.

use jiff::Timestamp;

use super::{driver::next_moment, sender::Sender};

/// Whether no delivery is under way or due, nothing comes by itself now, and the clock knows when something will: who
/// has just begun may not have set his alarm yet, and must not be passed by.
pub(crate) fn is_quiet<S: Sender>(sender: &S, now: Timestamp) -> bool {
    let mut state = sender.ledger().state();
    if S::outbox(&mut state).in_work() > 0 {
        return false;
    }
    let wake = sender.around().clock.next_wake();
    next_moment::<S>(&mut state).is_none_or(|next| next > now && wake.is_some_and(|wake| wake <= next))
}
