//! Whole stories on one thread, one seed and in bad weather, and what must hold at the end of each.

mod bad_input;
mod end;
mod forged;
mod generated;
mod invariants;
mod ledger_rules;
mod letters;
mod old_house;
mod planted;
mod processes;
mod seeds;
mod shelves;
pub(crate) mod shop;
mod stories;
mod tale;
mod views;
mod weathers;
