//! The circuit opens, rests, lets one try, and closes.

use futures::{FutureExt, executor::block_on, future::pending};
use jiff::SignedDuration;

use crate::{
    gateway::breaker::{Breaker, BreakerError, BreakerPolicy},
    memory::MemoryClock,
};

const REST: SignedDuration = SignedDuration::from_secs(30);

/// A breaker, a clock, and how many calls got through.
struct Line {
    breaker: Breaker,
    clock: MemoryClock,
}

impl Line {
    fn new() -> Self {
        Self { breaker: Breaker::new(BreakerPolicy { failures: 3, rest: REST }), clock: MemoryClock::default() }
    }

    /// One word for how the call ended.
    fn call(&self, answer: Result<(), &'static str>) -> &'static str {
        let call = self.breaker.call(&self.clock, async { answer }, |error| *error != "our fault");
        match block_on(call) {
            Ok(()) => "well",
            Err(BreakerError::Open) => "open",
            Err(BreakerError::Failed(error)) => error,
        }
    }
}

#[test]
fn failures_in_a_row_open_the_circuit() {
    let line = Line::new();
    assert_eq!([line.call(Err("down")), line.call(Err("down")), line.call(Ok(()))], ["down", "down", "well"]);
    assert_eq!([line.call(Err("down")), line.call(Err("down"))], ["down", "down"], "a success begins the count anew");
    assert_eq!([line.call(Err("down")), line.call(Ok(())), line.call(Ok(()))], ["down", "open", "open"]);
}

#[test]
fn our_own_faults_do_not_count() {
    let line = Line::new();
    for _ in 0..10 {
        assert_eq!(line.call(Err("our fault")), "our fault");
    }
    assert_eq!(line.call(Ok(())), "well");
}

#[test]
fn after_the_rest_one_call_tries() {
    let line = Line::new();
    for _ in 0..3 {
        line.call(Err("down"));
    }
    line.clock.advance(REST - SignedDuration::from_nanos(1));
    assert_eq!(line.call(Ok(())), "open");
    line.clock.advance(SignedDuration::from_nanos(1));
    assert_eq!(line.call(Err("down")), "down");
    assert_eq!(line.call(Ok(())), "open", "one failed try opens it again");
    line.clock.advance(REST);
    assert_eq!(line.call(Ok(())), "well");
    assert_eq!([line.call(Err("down")), line.call(Err("down")), line.call(Ok(()))], ["down", "down", "well"]);
}

#[test]
fn while_one_tries_all_others_are_held_off_and_a_killed_try_does_not_block_for_ever() {
    let line = Line::new();
    for _ in 0..3 {
        line.call(Err("down"));
    }
    line.clock.advance(REST);
    let mut trying = Box::pin(line.breaker.call(&line.clock, pending::<Result<(), &str>>(), |_| true));
    assert!((&mut trying).now_or_never().is_none());
    assert_eq!(line.call(Ok(())), "open");
    drop(trying);
    assert_eq!(line.call(Ok(())), "open");
    line.clock.advance(REST);
    assert_eq!(line.call(Ok(())), "well");
}
