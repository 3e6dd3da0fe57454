//! Tests of the saga engine.

mod laws;
mod mutants;
mod stories;
mod trip;
mod world;
