//! The kit tells the truth: it is content with what is right, and says what is wrong.

mod deciders;
pub(crate) mod lamp;
mod sequences;
