//! The circuit opens, rests, makes one trial call, and closes, for many processes at once.

use futures::executor::block_on;

use super::*;
use crate::memory::{MemoryCircuits, MemoryClock, MemoryIds};

const PARTY: &str = "payments";

const POLICY: BreakerPolicy = BreakerPolicy { failures: 3, ..BreakerPolicy::USUAL };

/// Processes that share a circuit.
struct Fixture {
    store: Arc<MemoryCircuits>,
    clock: Arc<MemoryClock>,
    processes: Vec<Breaker>,
}

impl Fixture {
    fn of(processes: usize) -> Self {
        let (store, clock) = (Arc::new(MemoryCircuits::default()), Arc::new(MemoryClock::default()));
        let breaker = |_| Breaker::new(store.clone(), clock.clone(), POLICY);
        let processes = (0..processes).map(breaker).collect();
        Self { store, clock, processes }
    }

    fn enter(&self, process: usize) -> Result<Permit, CircuitIsOpen> {
        block_on(self.processes[process].enter(PARTY))
    }

    fn leave(&self, process: usize, permit: Permit, failed: bool) {
        block_on(self.processes[process].leave(PARTY, permit, failed));
    }

    /// Makes a call; returns whether it was permitted.
    fn call(&self, process: usize, failed: bool) -> bool {
        let permit = self.enter(process);
        if let Ok(permit) = permit {
            self.leave(process, permit, failed);
        }
        permit.is_ok()
    }
}

#[test]
fn failures_of_different_processes_open_the_circuit_for_all() {
    let fixture = Fixture::of(4);
    for process in 0..3 {
        assert!(fixture.call(process, true), "process {process}");
    }
    assert!(!fixture.call(3, false), "a process that saw no failure makes no call");
    fixture.clock.advance(POLICY.rest);
    assert!(fixture.call(3, false), "the trial call");
    fixture.clock.advance(POLICY.trusted);
    assert!((0..4).all(|process| fixture.call(process, false)), "the circuit is closed");
}

#[test]
fn one_process_makes_the_trial_call_and_a_failed_one_opens_the_circuit_again() {
    let fixture = Fixture::of(3);
    (0..3).for_each(|process| assert!(fixture.call(process, true)));
    fixture.clock.advance(POLICY.rest);
    let trial = fixture.enter(0).unwrap();
    assert!(matches!(trial, Permit::Trial(_)));
    assert_eq!((fixture.enter(1), fixture.enter(2)), (Err(CircuitIsOpen), Err(CircuitIsOpen)));
    fixture.leave(0, trial, true);
    assert_eq!(fixture.enter(0), Err(CircuitIsOpen));
    fixture.clock.advance(POLICY.rest);
    assert!(matches!(fixture.enter(1), Ok(Permit::Trial(_))));
}

#[test]
fn a_trial_call_that_never_ended_is_followed_by_another() {
    let fixture = Fixture::of(2);
    (0..3).for_each(|_| assert!(fixture.call(0, true)));
    fixture.clock.advance(POLICY.rest);
    let killed = fixture.enter(0).unwrap();
    fixture.clock.advance(POLICY.trial);
    let second = fixture.enter(1).unwrap();
    assert!(matches!(second, Permit::Trial(_)) && second != killed);
    // The first one was slow, not killed: its result comes too late.
    fixture.leave(0, killed, false);
    assert_eq!(fixture.enter(0), Err(CircuitIsOpen));
    fixture.leave(1, second, false);
    assert!(fixture.call(1, false));
}

#[test]
fn success_writes_nothing_and_reads_once_a_second() {
    let fixture = Fixture::of(1);
    for _ in 0..1_000 {
        assert!(fixture.call(0, false));
        fixture.clock.advance(SignedDuration::from_millis(10));
    }
    assert_eq!((fixture.store.writes(), fixture.store.reads()), (0, 10));
}

#[test]
fn a_few_failures_among_many_successes_do_not_open_the_circuit() {
    let fixture = Fixture::of(1);
    for number in 0..2_000 {
        assert!(fixture.call(0, number % 5 == 4), "call {number}");
        fixture.clock.advance(SignedDuration::from_millis(20));
    }
    assert!(fixture.store.writes() <= 45, "{} writes in 40 seconds", fixture.store.writes());
}

#[test]
fn without_its_store_a_closed_circuit_permits_calls() {
    struct Away;
    #[async_trait]
    impl CircuitStore for Away {
        async fn read(&self, _: &str) -> Result<Option<StoredCircuit>, BoxError> {
            Err("away".into())
        }
        async fn replace(&self, _: &str, _: &StoredCircuit) -> Result<Replaced, BoxError> {
            Err("away".into())
        }
    }
    let breaker = Breaker::new(Arc::new(Away), Arc::new(MemoryClock::default()), POLICY);
    for _ in 0..10 {
        let permit = block_on(breaker.enter(PARTY)).unwrap();
        block_on(breaker.leave(PARTY, permit, true));
    }
}

/// Random calls of several processes at once, to a system that is up, down, and up again.
#[test]
fn an_outage_costs_few_calls_and_few_writes_and_ends_by_itself() {
    for seed in 0..1_000 {
        let rng = MemoryIds::seeded(seed);
        let processes = 1 + (rng.bits() % 8) as usize;
        let fixture = Fixture::of(processes);
        let begin = fixture.clock.now();
        let (down, up) = (SignedDuration::from_secs(40), SignedDuration::from_secs(200));
        let mut under_way: Vec<(usize, Permit, Timestamp, bool)> = Vec::new();
        let (mut failures, mut trials, mut in_outage, mut last) = (0_u64, 0_u64, 0_u64, false);
        while fixture.clock.now().duration_since(begin) < SignedDuration::from_secs(300) {
            fixture.clock.advance(SignedDuration::from_millis((rng.bits() % 400) as i64));
            let now = fixture.clock.now();
            let ended: Vec<_> = under_way.extract_if(.., |(_, _, ends, _)| *ends <= now).collect();
            for (process, permit, _, failed) in ended {
                fixture.leave(process, permit, failed);
            }
            let process = (rng.bits() % processes as u64) as usize;
            if under_way.iter().any(|(busy, ..)| *busy == process) {
                continue;
            }
            let is_down = (down..up).contains(&now.duration_since(begin));
            last = match fixture.enter(process) {
                Err(CircuitIsOpen) => false,
                Ok(permit) => {
                    let is_trial = matches!(permit, Permit::Trial(_));
                    let others = under_way.iter().filter(|(_, other, ..)| matches!(other, Permit::Trial(_)));
                    assert!(!is_trial || others.count() == 0, "seed {seed}: two trial calls at once");
                    (failures, trials) = (failures + u64::from(is_down), trials + u64::from(is_trial));
                    in_outage += u64::from(is_down && !is_trial);
                    // One process in twenty is killed during its call.
                    let killed = rng.bits().is_multiple_of(20);
                    let ends = now + SignedDuration::from_millis(100 + (rng.bits() % 3_000) as i64);
                    if !killed {
                        under_way.push((process, permit, ends, is_down));
                    }
                    true
                }
            };
        }
        let most = u64::from(POLICY.failures) + 3 * processes as u64;
        assert!(in_outage <= most * 3, "seed {seed}: {in_outage} calls of {processes} processes in the outage");
        assert!(trials <= 12, "seed {seed}: {trials} trial calls");
        assert!(last, "seed {seed}: the circuit is still open 100 seconds after the outage");
        let writes = fixture.store.writes();
        assert!(writes <= 2 * (failures + 2 * trials), "seed {seed}: {writes} writes for {failures} failures");
    }
}
