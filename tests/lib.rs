//! What all tests of the house stand on.

pub mod wire;
