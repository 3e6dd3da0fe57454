//! Tests of the windows.

mod laws;
mod mutants;
mod oracle;
mod run;
mod specs;
mod stories;
