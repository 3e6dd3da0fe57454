//! A random run of writers, readers and processors over one stream, checked step by step against a plain `Vec`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use jiff::SignedDuration;

use super::{
    event,
    processors::{Durable, Recording},
};
use crate::{
    Delivery, Failure, Outcome,
    memory::{
        Checkpoints, EventFilter, Full, Memory, MemoryEventStream, Processor, StreamEvent, Subscription,
        SubscriptionConfig, lock::lock, process,
    },
    testing::sim::{Rng, Schedule},
    time::Clock,
};

/// A bug to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// A reader reads what is stored, and subscribes later to what is appended then.
    GapAtSwitch,
    /// A reader subscribes behind the last event, and then reads what is stored.
    TwiceAtSwitch,
    /// A reader has a queue of its own, into which it takes everything at once.
    UnboundedQueue,
    /// A reader takes an event before an await.
    LostOnDrop,
    /// A dropped reader keeps its subscription.
    SubscriptionKept,
    /// An append goes on after its writer was killed.
    AppendGoesOn,
    /// A processor stores its checkpoint before it handles the event.
    CheckpointBeforeHandling,
}

const NAMES: [&str; 3] = ["OrderPlaced", "OrderPaid", "OrderShipped"];

/// The run of one seed; a clone shares it.
#[derive(Clone)]
struct World {
    rng: Rng,
    schedule: Schedule,
    bug: Option<Bug>,
    model: Arc<Mutex<Model>>,
}

/// What should be in the stream, and what each reader should get next.
#[derive(Default)]
struct Model {
    log: Vec<(String, String)>,
    readers: Vec<Reader>,
    broken: Option<String>,
    unfinished: usize,
    seen: BTreeMap<&'static str, u32>,
}

struct Reader {
    config: SubscriptionConfig,
    capacity: Option<usize>,
    is_live: bool,
    is_complete: bool,
}

impl Reader {
    fn name(&self) -> &str {
        &self.config.name
    }
}

impl Model {
    fn matching(&self, filter: &EventFilter, from: u64) -> Vec<u64> {
        let events = (1..).zip(&self.log).filter(|(position, _)| *position >= from);
        events.filter(|(_, (name, _))| wants(filter, name)).map(|(position, _)| position).collect()
    }

    fn behind(&self, reader: &Reader) -> usize {
        self.matching(&reader.config.filter, reader.config.from).len()
    }

    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn expect(&mut self, holds: bool, text: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(text());
        }
    }

    /// Adds appended events, whose last one got this position.
    fn append(&mut self, events: &[Delivery], position: u64) {
        for reader in self.readers.iter().filter(|reader| reader.is_live) {
            let added = events.iter().filter(|event| reader.config.filter.matches(event)).count();
            let behind = self.behind(reader);
            let is_over = reader.capacity.is_some_and(|capacity| behind > 0 && behind + added > capacity);
            if added > 0 && is_over && self.broken.is_none() {
                let name = reader.name();
                self.broken = Some(format!("the bound: {added} are appended, {name} is {behind} behind"));
            }
        }
        for event in events {
            let known = self.log.iter().any(|(_, id)| *id == event.id);
            self.expect(!known, || format!("{} is appended twice", event.id));
            self.log.push((event.detail_type.clone(), event.id.clone()));
        }
        let expected = self.log.len() as u64;
        self.expect(position == expected, || format!("appended at position {position} instead of {expected}"));
    }

    fn refuse(&mut self, full: &Full) {
        let named = self.readers.iter().find(|reader| *reader.name() == full.subscriber);
        let Some(named) = named else { return };
        let (is_live, behind) = (named.is_live, self.behind(named));
        self.expect(is_live && behind == full.behind, || format!("{full}, but it is {behind} behind"));
        self.see("refused");
    }

    fn take(&mut self, reader: usize, event: &StreamEvent) {
        let SubscriptionConfig { name, from, filter, .. } = self.readers[reader].config.clone();
        let expected = self.matching(&filter, from).first().copied();
        let id = usize::try_from(event.position - 1).ok().and_then(|index| self.log.get(index)).map(|(_, id)| id);
        let is_right = expected == Some(event.position) && id == Some(&event.delivery.id);
        let position = event.position;
        self.expect(is_right, || format!("{name} got {position} instead of {expected:?}"));
        self.readers[reader].config.from = position + 1;
    }

    fn is_poison(&self, position: u64) -> bool {
        let (_, id) = &self.log[usize::try_from(position - 1).unwrap()];
        id.starts_with("poison") || id.starts_with("down")
    }
}

fn wants(filter: &EventFilter, name: &str) -> bool {
    match filter {
        EventFilter::All => true,
        EventFilter::Named(names) => names.contains(name),
    }
}

impl World {
    fn chance(&self, rate: f64) -> bool {
        self.rng.happens(rate)
    }

    async fn passes(&self, most: u64) {
        for _ in 0..self.rng.below(most + 1) {
            self.schedule.pass().await;
        }
    }

    /// Returns when what runs beside it is to be dropped.
    async fn kill(&self) {
        self.passes(5).await;
        if self.chance(0.5) {
            self.schedule.sleep(self.rng.up_to(SignedDuration::from_secs(3))).await;
        }
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let model = Arc::clone(&self.model);
        lock(&model).unfinished += 1;
        self.schedule.spawn(async move {
            task.await;
            lock(&model).unfinished -= 1;
        });
    }

    fn filter(&self) -> EventFilter {
        match self.rng.below(4) {
            0 | 1 => EventFilter::All,
            two => EventFilter::named((0..two - 1).map(|_| NAMES[self.rng.index(3)])),
        }
    }

    fn batch(&self, writer: u64, number: u64) -> Vec<Delivery> {
        let id = |index: u64| {
            let kind = match self.rng.below(16) {
                0 => "poison",
                1 => "flaky",
                2 if self.chance(0.3) => "down",
                _ => "order",
            };
            format!("{kind}-{writer}-{number}-{index}")
        };
        (0..self.rng.below(4)).map(|index| event(NAMES[self.rng.index(3)], &id(index))).collect()
    }

    async fn write(self, stream: MemoryEventStream, writer: u64) {
        for number in 0..self.rng.below(7) {
            let batch = self.batch(writer, number);
            self.passes(4).await;
            while !self.write_batch(&stream, &batch).await {}
        }
    }

    /// Returns false if the append was killed or refused.
    async fn write_batch(&self, stream: &MemoryEventStream, batch: &[Delivery]) -> bool {
        if self.chance(0.2) {
            let result = stream.try_append(batch.to_vec());
            match &result {
                Ok(position) => lock(&self.model).append(batch, *position),
                Err(full) => lock(&self.model).refuse(full),
            }
            self.schedule.pass().await;
            return result.is_ok();
        }
        let (model, stream, events) = (Arc::clone(&self.model), stream.clone(), batch.to_vec());
        let mut append = async move {
            let position = stream.append(events.clone()).await;
            lock(&model).append(&events, position);
        }
        .boxed();
        if self.chance(0.6) {
            append.await;
            return true;
        }
        match select(append, self.kill().boxed()).await {
            Either::Left(_) => true,
            Either::Right(((), killed)) => {
                append = killed;
                lock(&self.model).see("killed appends");
                match self.bug {
                    Some(Bug::AppendGoesOn) => self.schedule.spawn(append),
                    _ => drop(append),
                }
                false
            }
        }
    }

    async fn read(self, stream: MemoryEventStream, reader: usize) {
        let sessions = 1 + self.rng.below(3);
        let mut handle = Some(stream);
        for session in 1..=sessions {
            self.passes(12).await;
            let is_last = session == sessions;
            let stream = if is_last { handle.take() } else { handle.clone() };
            let Some(stream) = stream else { return };
            let speed = self.rng.below(6);
            let mut budget = (!is_last || self.chance(0.3)).then(|| self.rng.below(8));
            let mut source = self.open(stream, reader).await;
            while budget != Some(0) {
                budget = budget.map(|budget| budget - 1);
                self.passes(speed).await;
                let next = source.next(&self).boxed();
                let event = match budget.is_some() || self.chance(0.3) {
                    false => next.await,
                    true => match select(next, self.kill().boxed()).await {
                        Either::Left((event, _)) => event,
                        Either::Right(_) => continue,
                    },
                };
                let mut model = lock(&self.model);
                match event {
                    Some(event) => model.take(reader, &event),
                    None => {
                        model.readers[reader].is_complete = true;
                        break;
                    }
                }
            }
            self.close(source, reader);
        }
    }

    async fn open(&self, stream: MemoryEventStream, reader: usize) -> Source {
        let config = lock(&self.model).readers[reader].config.clone();
        let stored = |from| {
            let events = stream.read(from, usize::MAX).into_iter();
            events.filter(|event| config.filter.matches(&event.delivery)).collect::<VecDeque<_>>()
        };
        let (queue, from) = match self.bug {
            Some(Bug::GapAtSwitch) => {
                let queue = stored(config.from);
                self.schedule.pass().await;
                (queue, config.from.max(stream.last_position() + 1))
            }
            Some(Bug::TwiceAtSwitch) => {
                let from = config.from.max(stream.last_position() + 1);
                self.schedule.pass().await;
                (stored(config.from), from)
            }
            _ => (VecDeque::new(), config.from),
        };
        let mut model = lock(&self.model);
        if model.behind(&model.readers[reader]) > 0 {
            model.see("late readers");
        }
        model.readers[reader].is_live = true;
        Source { queue, live: stream.subscribe(SubscriptionConfig { from, ..config }) }
    }

    fn close(&self, source: Source, reader: usize) {
        let mut model = lock(&self.model);
        model.readers[reader].is_live = false;
        model.see("dropped readers");
        drop(model);
        match self.bug {
            Some(Bug::SubscriptionKept) => std::mem::forget(source),
            _ => drop(source),
        }
    }

    async fn process(self, stream: MemoryEventStream, durable: Durable, processor: Arc<Recording>) {
        let mut handle = Some(stream);
        for kills_left in (0..=self.rng.below(4)).rev() {
            self.passes(12).await;
            let stream = if kills_left == 0 { handle.take() } else { handle.clone() };
            let Some(stream) = stream else { return };
            let (world, durable, processor) = (self.clone(), durable.clone(), Arc::clone(&processor));
            let run = async move { world.process_once(stream, &durable, &processor).await }.boxed();
            match kills_left {
                0 => run.await,
                _ => {
                    select(run, async { self.kill().await }.boxed()).await;
                    lock(&self.model).see("killed processors");
                }
            }
        }
    }

    async fn process_once(&self, stream: MemoryEventStream, durable: &Durable, processor: &Recording) {
        let (checkpoints, ports) = (durable.checkpoints(), durable.ports());
        let early = EarlyCheckpoint { inner: processor, checkpoints: checkpoints.as_ref() };
        let processor: &dyn Processor = match self.bug {
            Some(Bug::CheckpointBeforeHandling) => &early,
            _ => processor,
        };
        let result = process(stream, processor, checkpoints.as_ref(), &ports).await;
        lock(&self.model).expect(result.is_ok(), || format!("{result:?}"));
    }

    /// At the end: who has read to the end has got everything, and processors have handled or parked everything.
    fn check(&self, durable: &Durable, processors: &[Arc<Recording>]) {
        let mut model = lock(&self.model);
        let unfinished = model.unfinished;
        model.expect(unfinished == 0, || format!("{unfinished} tasks wait forever"));
        let missing = model.readers.iter().find(|reader| reader.is_complete && model.behind(reader) > 0);
        if let Some(name) = missing.map(|reader| reader.name().to_owned()) {
            model.expect(false, || format!("{name} has ended before the last event"));
        }
        for processor in processors {
            let name = processor.name.as_str();
            let all = model.matching(&processor.filter, 1);
            let (poison, good): (Vec<u64>, Vec<u64>) = all.iter().partition(|position| model.is_poison(**position));
            let mut handled = lock(&processor.handled).clone();
            let times = handled.len();
            handled.dedup();
            if times > handled.len() {
                model.see("repeated events");
            }
            model.expect(handled == good, || format!("{name} has handled {handled:?} instead of {good:?}"));
            let mut parked: Vec<String> = durable.parked(name).into_iter().map(|(id, _)| id).collect();
            parked.dedup();
            let id = |position: &u64| model.log[usize::try_from(position - 1).unwrap()].1.clone();
            let poison: Vec<String> = poison.iter().map(id).collect();
            if !poison.is_empty() {
                model.see("parked events");
            }
            model.expect(parked == poison, || format!("{name} has parked {parked:?} instead of {poison:?}"));
        }
    }
}

/// What a reader reads: its subscription, and for a planted bug a queue before it.
struct Source {
    queue: VecDeque<StreamEvent>,
    live: Subscription,
}

impl Source {
    async fn next(&mut self, world: &World) -> Option<StreamEvent> {
        if world.bug == Some(Bug::UnboundedQueue) {
            while let Some(event) = self.live.next().now_or_never().flatten() {
                self.queue.push_back(event);
            }
        }
        if let Some(event) = self.queue.pop_front() {
            return Some(event);
        }
        let event = self.live.next().await;
        if world.bug == Some(Bug::LostOnDrop) {
            world.schedule.pass().await;
        }
        event
    }
}

/// The planted processor that stores its checkpoint before it handles the event.
struct EarlyCheckpoint<'a> {
    inner: &'a Recording,
    checkpoints: &'a dyn Checkpoints,
}

#[async_trait]
impl Processor for EarlyCheckpoint<'_> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn filter(&self) -> EventFilter {
        self.inner.filter()
    }

    async fn handle(&self, event: &StreamEvent) -> Outcome {
        self.checkpoints.store(self.name(), event.position).await.map_err(Failure::transient)?;
        self.inner.handle(event).await
    }
}

/// Runs the seed and returns what happened in it, or what is broken.
pub(super) fn run(seed: u64, bug: Option<Bug>) -> Result<BTreeMap<&'static str, u32>, String> {
    let rng = Rng::seeded(seed);
    let schedule = Schedule::new(rng.clone(), Memory::new(seed).clock.now());
    let world = World { rng: rng.clone(), schedule: schedule.clone(), bug, model: Arc::default() };
    let bound = rng.happens(0.6).then(|| rng.index(5));
    let stream = bound.map_or_else(MemoryEventStream::default, MemoryEventStream::bounded);
    for writer in 0..1 + rng.below(3) {
        world.spawn(world.clone().write(stream.clone(), writer).boxed());
    }
    for reader in 0..rng.index(5) {
        let own = rng.happens(0.3).then(|| rng.index(4));
        let from = if rng.happens(0.6) { 1 } else { rng.below(8) };
        let name = format!("reader {reader}");
        let config = SubscriptionConfig { name, from, filter: world.filter(), capacity: own };
        let capacity = bound.into_iter().chain(own).min();
        lock(&world.model).readers.push(Reader { config, capacity, is_live: false, is_complete: false });
        world.spawn(world.clone().read(stream.clone(), reader).boxed());
    }
    let durable = Durable::new(&rng, &schedule);
    let processors: Vec<Arc<Recording>> = (0..rng.below(3))
        .map(|number| {
            let filter = world.filter();
            Arc::new(Recording { filter, ..Recording::new(&format!("processor {number}"), &schedule) })
        })
        .collect();
    for processor in &processors {
        world.spawn(world.clone().process(stream.clone(), durable.clone(), Arc::clone(processor)).boxed());
    }
    drop(stream);
    let has_ended = schedule.run();
    world.check(&durable, &processors);
    schedule.clear();
    let mut model = lock(&world.model);
    has_ended.map_err(|error| error.to_string())?;
    match model.broken.take() {
        Some(broken) => Err(broken),
        None => Ok(std::mem::take(&mut model.seen)),
    }
}
