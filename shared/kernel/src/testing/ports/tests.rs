//! The suites find bugs: each check of each suite fails for a port with the bug that it is for.

mod event_store;
mod inbox;
mod others;
mod view_store;

use std::{
    collections::BTreeSet,
    future::poll_fn,
    task::{Context, Poll},
};

use futures::executor::block_on;

use crate::testing::{
    ports::fixture::{bulky, noon},
    tests::failure_message,
};

/// Checks that the suite fails, and which of its checks it is.
#[track_caller]
fn assert_fails(bug: &str, suite: impl Future<Output = ()>, expected: &str) {
    let message = failure_message(|| block_on(suite));
    assert!(message.starts_with(expected), "{bug} should fail by {expected:?}, not by: {message}");
}

/// Yields once, so that concurrent calls interleave.
async fn pass() {
    let mut passed = false;
    let poll = move |context: &mut Context<'_>| {
        if passed {
            return Poll::Ready(());
        }
        passed = true;
        context.waker().wake_by_ref();
        Poll::Pending
    };
    poll_fn(poll).await;
}

#[test]
fn noon_has_nanoseconds() {
    assert_eq!(noon().to_string(), "2026-01-01T12:00:00.123456789Z");
}

#[test]
fn a_bulky_body_has_its_size_and_every_letter() {
    let text = bulky(10_000, 1)["text"].as_str().unwrap().to_owned();
    let letters: BTreeSet<char> = text.chars().collect();
    assert_eq!((text.len(), letters.len()), (10_000, 64));
    assert_ne!(bulky(10_000, 1), bulky(10_000, 2));
}
