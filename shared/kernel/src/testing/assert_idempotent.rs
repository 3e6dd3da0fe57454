//! [`assert_idempotent`]: a command that is executed twice has its effect once.

use super::diff::fail;
use crate::{Decider, Messages, command::fold};

/// Executes the command twice after these events. The second time it must add no event, or be rejected.
/// A command of [`Decider::ONCE`] passes always: its inbox marker makes it idempotent, whatever the rules are.
#[track_caller]
pub fn assert_idempotent<D: Decider>(events: impl IntoIterator<Item = D::Event>, command: &D::Command) {
    if D::ONCE.applies(command) {
        return;
    }
    let events: Vec<D::Event> = events.into_iter().collect();
    let before = fold::<D>(D::State::default(), &events);
    let Ok(first) = D::decide(&before, command) else { return };
    let after = fold::<D>(before, &first);
    let second: Vec<&str> = D::decide(&after, command).unwrap_or_default().iter().map(Messages::name).collect();
    if !second.is_empty() {
        fail(&format!("executed twice, the command adds {second:?} the second time"));
    }
}
