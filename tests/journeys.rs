//! Whole stories on one thread, one seed and in bad weather, and what must hold at the end of each.

mod end;
mod invariants;
mod ledger_rules;
mod old_house;
mod planted;
mod processes;
mod seeds;
mod shelves;
mod shop;
mod stories;
mod tale;
mod views;
