//! All tests of the whole house in one binary, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stands")]

mod aws_conformance;
mod cancellation;
mod journeys;
mod local;
mod repo_rules;
mod stores;
