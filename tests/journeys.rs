//! Whole stories on one thread, one seed and in bad weather, and what must hold at the end of each.

mod bad_input;
mod dead_letters;
mod fault_profiles;
mod final_state;
mod forged;
mod generated;
mod invariants;
mod legacy_data;
mod log_invariants;
mod mutants;
mod processes;
mod scenario;
mod seeds;
pub(crate) mod shop_commands;
mod stock_invariants;
mod stories;
mod view_invariants;
