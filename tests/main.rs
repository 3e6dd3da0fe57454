//! All tests across crates in one binary, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "a failed test says where it failed")]

mod aws_conformance;
mod cancellation;
#[path = "chaos/tests.rs"]
mod chaos;
mod journeys;
mod local;
mod repo_rules;
mod stores;
