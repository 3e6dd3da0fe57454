//! The twins, tried by the port suites, and what is theirs alone.

mod beyond;
mod bus;

mod suites;
