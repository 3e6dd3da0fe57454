//! The write path, told with a log that counts and meddles.

mod lost;
mod meddler;
mod paths;
