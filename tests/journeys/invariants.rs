//! All that must hold at the end of every story, in whatever fault_plan.

use super::{final_state::FinalState, log_invariants, processes, stock_invariants, view_invariants};

/// What does not hold.
pub(crate) fn broken(end: &FinalState) -> Vec<String> {
    let mut broken = log_invariants::broken(end);
    broken.extend(stock_invariants::broken(end));
    broken.extend(processes::broken(end));
    broken.extend(view_invariants::broken(end));
    broken
}
