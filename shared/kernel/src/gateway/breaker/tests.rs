//! The circuit opens, rests, makes one trial call, and closes.

use futures::{FutureExt, executor::block_on, future::pending};

use super::*;
use crate::memory::MemoryClock;

const REST: SignedDuration = SignedDuration::from_secs(30);

/// A breaker with its clock.
struct Fixture {
    breaker: Breaker,
    clock: MemoryClock,
}

impl Fixture {
    fn new() -> Self {
        Self { breaker: Breaker::new(BreakerPolicy { failures: 3, rest: REST }), clock: MemoryClock::default() }
    }

    /// The result of a call as one word.
    fn call(&self, answer: Result<(), &'static str>) -> &'static str {
        let call = self.breaker.call(&self.clock, async { answer }, |error| *error != "our fault");
        match block_on(call) {
            Ok(()) => "ok",
            Err(BreakerError::Open) => "open",
            Err(BreakerError::Failed(error)) => error,
        }
    }
}

#[test]
fn failures_in_a_row_open_the_circuit() {
    let fixture = Fixture::new();
    assert_eq!([fixture.call(Err("down")), fixture.call(Err("down")), fixture.call(Ok(()))], ["down", "down", "ok"]);
    assert_eq!([fixture.call(Err("down")), fixture.call(Err("down"))], ["down", "down"], "a success resets the count");
    assert_eq!([fixture.call(Err("down")), fixture.call(Ok(())), fixture.call(Ok(()))], ["down", "open", "open"]);
}

#[test]
fn errors_of_our_own_do_not_count() {
    let fixture = Fixture::new();
    for _ in 0..10 {
        assert_eq!(fixture.call(Err("our fault")), "our fault");
    }
    assert_eq!(fixture.call(Ok(())), "ok");
}

#[test]
fn after_the_rest_one_trial_call_is_made() {
    let fixture = Fixture::new();
    for _ in 0..3 {
        fixture.call(Err("down"));
    }
    fixture.clock.advance(REST - SignedDuration::from_nanos(1));
    assert_eq!(fixture.call(Ok(())), "open");
    fixture.clock.advance(SignedDuration::from_nanos(1));
    assert_eq!(fixture.call(Err("down")), "down");
    assert_eq!(fixture.call(Ok(())), "open", "one failed trial opens it again");
    fixture.clock.advance(REST);
    assert_eq!(fixture.call(Ok(())), "ok");
    assert_eq!([fixture.call(Err("down")), fixture.call(Err("down")), fixture.call(Ok(()))], ["down", "down", "ok"]);
}

#[test]
fn a_trial_call_blocks_the_others_and_a_killed_one_only_for_a_rest() {
    let fixture = Fixture::new();
    for _ in 0..3 {
        fixture.call(Err("down"));
    }
    fixture.clock.advance(REST);
    let mut trial = Box::pin(fixture.breaker.call(&fixture.clock, pending::<Result<(), &str>>(), |_| true));
    assert!((&mut trial).now_or_never().is_none());
    assert_eq!(fixture.call(Ok(())), "open");
    drop(trial);
    assert_eq!(fixture.call(Ok(())), "open");
    fixture.clock.advance(REST);
    assert_eq!(fixture.call(Ok(())), "ok");
}
