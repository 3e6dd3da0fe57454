//! Whether all that a sender owes waits for a later time.

use jiff::Timestamp;

use super::sender::Sender;

/// Whether no delivery is under way or due, and nothing comes by itself now.
pub(crate) fn is_quiet<S: Sender>(sender: &S, now: Timestamp) -> bool {
    let mut state = sender.ledger().state();
    let fires = S::next_firing(&state).is_some_and(|next| next <= now);
    let outbox = S::outbox(&mut state);
    !fires && outbox.in_work() == 0 && outbox.next_due().is_none_or(|due| due > now)
}
