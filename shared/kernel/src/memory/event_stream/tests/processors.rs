//! Stories of processors: resumed after a kill, retried, parked, and independent of each other.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::{FutureExt, executor::block_on, future::try_join_all, join};

use super::{event, paid, placed};
use crate::{
    Failure, Handled, Outcome, Ports,
    delivery::{DeadLetter, DeadLetterError, DeadLetters},
    memory::{
        CheckpointError, Checkpoints, Memory, MemoryCheckpoints, MemoryDeadLetters, MemoryEventStream, ProcessError,
        Processor, RETRIES_EXHAUSTED, StreamEvent, event_stream::EventFilter, lock::lock, process,
    },
    testing::sim::{Completion, Killable, Rng, Schedule},
    time::Clock,
};

/// A port with an await before and after each call.
struct Slow<T> {
    schedule: Schedule,
    inner: Arc<T>,
}

#[async_trait]
impl Checkpoints for Slow<MemoryCheckpoints> {
    async fn load(&self, processor: &str) -> Result<u64, CheckpointError> {
        self.schedule.pass().await;
        let position = self.inner.load(processor).await;
        self.schedule.pass().await;
        position
    }

    async fn store(&self, processor: &str, position: u64) -> Result<(), CheckpointError> {
        self.schedule.pass().await;
        self.inner.store(processor, position).await?;
        self.schedule.pass().await;
        Ok(())
    }
}

#[async_trait]
impl DeadLetters for Slow<MemoryDeadLetters> {
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        self.schedule.pass().await;
        self.inner.keep(dead_letter).await?;
        self.schedule.pass().await;
        Ok(())
    }
}

/// What survives a kill: the checkpoints, the dead letters and what was handled.
#[derive(Clone)]
pub(super) struct Durable {
    pub(super) schedule: Schedule,
    pub(super) rng: Rng,
    checkpoints: Arc<MemoryCheckpoints>,
    dead_letters: Arc<MemoryDeadLetters>,
}

impl Durable {
    pub(super) fn new(rng: &Rng, schedule: &Schedule) -> Self {
        let (rng, schedule) = (rng.clone(), schedule.clone());
        Self { schedule, rng, checkpoints: Arc::default(), dead_letters: Arc::default() }
    }

    pub(super) fn checkpoints(&self) -> Arc<dyn Checkpoints> {
        Arc::new(Slow { schedule: self.schedule.clone(), inner: Arc::clone(&self.checkpoints) })
    }

    pub(super) fn ports(&self) -> Ports {
        Ports {
            dead_letters: Arc::new(Slow { schedule: self.schedule.clone(), inner: Arc::clone(&self.dead_letters) }),
            clock: Arc::new(self.schedule.clone()),
            ids: Arc::new(self.rng.clone()),
            ..Memory::new(1).ports()
        }
    }

    /// The ids and reasons of the events that this processor has parked.
    pub(super) fn parked(&self, processor: &str) -> Vec<(String, String)> {
        let of_processor = |letter: &DeadLetter| letter.consumer == processor;
        self.dead_letters.all().into_iter().filter(of_processor).map(id_and_reason).collect()
    }
}

fn id_and_reason(letter: DeadLetter) -> (String, String) {
    let delivery: crate::Delivery = serde_json::from_str(letter.message.get()).unwrap();
    (delivery.id, letter.reason)
}

/// Records what it handles. An event whose id begins with `flaky` fails at first, `poison` fails for good, `down` fails
/// transiently each time, `panic` panics.
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) filter: EventFilter,
    pub(super) capacity: Option<usize>,
    pub(super) schedule: Schedule,
    pub(super) handled: Mutex<Vec<u64>>,
    pub(super) tries: Mutex<Vec<u64>>,
}

impl Recording {
    pub(super) fn new(name: &str, schedule: &Schedule) -> Self {
        Self {
            name: name.to_owned(),
            filter: EventFilter::All,
            capacity: None,
            schedule: schedule.clone(),
            handled: Mutex::default(),
            tries: Mutex::default(),
        }
    }

    fn handled(&self) -> Vec<u64> {
        lock(&self.handled).clone()
    }
}

#[async_trait]
impl Processor for Recording {
    fn name(&self) -> &str {
        &self.name
    }

    fn filter(&self) -> EventFilter {
        self.filter.clone()
    }

    fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    async fn handle(&self, event: &StreamEvent) -> Outcome {
        self.schedule.pass().await;
        let (id, position) = (&event.delivery.id, event.position);
        let tries = {
            let mut tries = lock(&self.tries);
            tries.push(position);
            tries.iter().filter(|tried| **tried == position).count()
        };
        match id.as_str() {
            id if id.starts_with("poison") => Err(Failure::permanent("no such order")),
            id if id.starts_with("down") => Err(Failure::transient("timeout")),
            id if id.starts_with("flaky") && tries < 3 => Err(Failure::transient("timeout")),
            id if id.starts_with("panic") => panic!("index out of bounds"),
            _ => {
                lock(&self.handled).push(position);
                self.schedule.pass().await;
                Ok(Handled::Done)
            }
        }
    }
}

fn world() -> Durable {
    let rng = Rng::seeded(1);
    let schedule = Schedule::new(rng.clone(), Memory::new(1).clock.now());
    Durable::new(&rng, &schedule)
}

/// A stream of these events that has ended for all but the returned handle.
fn stream_of(ids: &[&str]) -> MemoryEventStream {
    let stream = MemoryEventStream::default();
    stream.try_append(ids.iter().map(|id| placed(id)).collect()).unwrap();
    stream
}

async fn run(durable: Durable, stream: MemoryEventStream, processor: Arc<dyn Processor>) -> Result<(), ProcessError> {
    let (checkpoints, ports) = (durable.checkpoints(), durable.ports());
    process(stream, processor.as_ref(), checkpoints.as_ref(), &ports).await
}

#[test]
fn a_processor_that_is_killed_at_any_await_continues_and_repeats_at_most_one_event() {
    let mut awaits = 1;
    loop {
        let durable = world();
        let events = stream_of(&["a", "flaky", "poison", "d"]);
        let processor = Arc::new(Recording::new("billing", &durable.schedule));
        let first = run(durable.clone(), events.clone(), processor.clone()).boxed();
        let killed = durable.schedule.finish(Killable::new(first, Some(awaits)));
        let has_waited_for_more = killed.is_err();
        let second = run(durable.clone(), events, processor.clone());
        durable.schedule.finish(second).unwrap().unwrap();
        let mut handled = processor.handled();
        assert!(handled.len() <= 4, "killed at {awaits}: {handled:?}");
        handled.dedup();
        assert_eq!(handled, [1, 2, 4], "killed at {awaits}");
        let mut parked = durable.parked("billing");
        assert!(parked.len() <= 2, "killed at {awaits}: {parked:?}");
        parked.dedup();
        assert_eq!(parked, [("poison".to_owned(), "REJECTED".to_owned())], "killed at {awaits}");
        if has_waited_for_more {
            break;
        }
        assert_eq!(killed.map(|completion| matches!(completion, Completion::Killed)), Ok(true));
        awaits += 1;
    }
    assert!(awaits > 20, "only {awaits} awaits");
}

#[test]
fn a_poison_event_is_parked_with_its_reason_and_the_rest_flows() {
    let durable = world();
    let processor = Arc::new(Recording::new("billing", &durable.schedule));
    let events = stream_of(&["a", "poison", "c", "down", "e", "panic", "g"]);
    durable.schedule.finish(run(durable.clone(), events, processor.clone())).unwrap().unwrap();
    assert_eq!(processor.handled(), [1, 3, 5, 7]);
    let reasons = [("poison", "REJECTED"), ("down", RETRIES_EXHAUSTED), ("panic", "REJECTED")];
    assert_eq!(durable.parked("billing"), reasons.map(|(id, reason)| (id.to_owned(), reason.to_owned())));
    let explanations: Vec<String> = durable.dead_letters.all().into_iter().map(|letter| letter.explanation).collect();
    assert_eq!(explanations, ["no such order", "timeout", "panicked: index out of bounds"]);
}

#[test]
fn a_transient_failure_is_retried_after_a_delay_and_blocks_only_its_own_processor() {
    let durable = world();
    let before = durable.schedule.now();
    let (slow, quick) = (
        Arc::new(Recording::new("slow", &durable.schedule)),
        Arc::new(Recording { filter: EventFilter::named(["OrderPaid"]), ..Recording::new("quick", &durable.schedule) }),
    );
    let events = MemoryEventStream::default();
    events.try_append(vec![placed("flaky"), paid("b"), event("OrderShipped", "c")]).unwrap();
    let runs = [slow.clone(), quick.clone()].map(|processor| run(durable.clone(), events.clone(), processor));
    drop(events);
    durable.schedule.finish(async move { try_join_all(runs).await.unwrap() }).unwrap();
    assert_eq!((slow.handled(), quick.handled()), (vec![1, 2, 3], vec![2]));
    assert_eq!(*lock(&slow.tries), [1, 1, 1, 2, 3]);
    assert!(durable.schedule.now() > before);
    assert_eq!(durable.parked("slow"), []);
}

#[test]
fn a_processor_holds_the_writer_of_a_bounded_stream_until_it_is_dropped() {
    let durable = world();
    let ports = durable.ports();
    let events = MemoryEventStream::bounded(1);
    let stuck = Recording::new("stuck", &durable.schedule);
    let checkpoints = MemoryCheckpoints::default();
    block_on(async {
        let mut running = process(events.clone(), &stuck, &checkpoints, &ports).boxed();
        assert!(running.as_mut().now_or_never().is_none());
        events.append(vec![placed("a")]).await;
        let drop_processor = async { drop(running) };
        assert_eq!(join!(events.append(vec![placed("b")]), drop_processor).0, 2);
    });
    assert_eq!(block_on(checkpoints.load("stuck")).unwrap(), 0);
}

#[test]
fn a_processor_stops_when_its_checkpoint_cannot_be_stored_and_continues_there() {
    struct Failing;
    #[async_trait]
    impl Checkpoints for Failing {
        async fn load(&self, _: &str) -> Result<u64, CheckpointError> {
            Ok(0)
        }

        async fn store(&self, processor: &str, _: u64) -> Result<(), CheckpointError> {
            Err(CheckpointError { processor: processor.to_owned(), source: "throttled".into() })
        }
    }
    let durable = world();
    let processor = Arc::new(Recording::new("billing", &durable.schedule));
    let (ports, events, billing) = (durable.ports(), stream_of(&["a", "b"]), processor.clone());
    let running = async move { process(events, billing.as_ref(), &Failing, &ports).await };
    let error = durable.schedule.finish(running).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the checkpoint of billing was not loaded or stored");
    assert_eq!(processor.handled(), [1]);
}

#[test]
fn a_checkpoint_never_moves_back() {
    block_on(async {
        let checkpoints = MemoryCheckpoints::default();
        checkpoints.store("billing", 3).await.unwrap();
        checkpoints.store("billing", 2).await.unwrap();
        assert_eq!(checkpoints.load("billing").await.unwrap(), 3);
        assert_eq!(checkpoints.load("mailing").await.unwrap(), 0);
    });
}
