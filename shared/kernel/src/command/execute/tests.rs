//! The write path, told with a log that counts and meddles.

mod conflicts;
mod lost_answers;
mod paths;
