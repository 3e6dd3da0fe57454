//! The twins, tried by the port suites, and what is theirs alone.

mod bus;
mod specific;

mod suites;
