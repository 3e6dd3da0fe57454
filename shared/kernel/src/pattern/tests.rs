//! Tests of the patterns.

mod case;
mod laws;
mod mutants;
mod oracle;
mod run;
mod specs;
mod stories;
