//! All that must hold at the end of every story, in whatever weather.

use super::{end::End, ledger_rules, processes, shelves, views};

/// What does not hold.
pub(crate) fn broken(end: &End) -> Vec<String> {
    let mut broken = ledger_rules::broken(end);
    broken.extend(shelves::broken(end));
    broken.extend(processes::broken(end));
    broken.extend(views::broken(end));
    broken
}
