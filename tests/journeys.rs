//! Scenarios of the whole shop, simulated on one thread with a seed and faults, and the invariants at their end.

mod bad_answers;
mod bad_input;
mod bank;
mod dead_letters;
mod devices;
mod fault_profiles;
mod final_state;
mod forged;
mod fraud;
mod generated;
mod late_confirmation;
mod legacy_data;
mod mutants;
mod payment_faults;
mod scenarios;
mod seeds;
pub(crate) mod shop_commands;
mod simulation;
mod users_and_carts;
