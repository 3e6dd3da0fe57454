//! A random plan among owners that do, refuse, forget or say nothing, and one run of it under a schedule.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::trip::{BookTrip, TripId};
use crate::{
    saga::{
        Plan, SagaState, Signal, Stage, Step,
        engine::{self, SagaRejection},
        event::Event,
    },
    testing::sim::Rng,
};

/// Decides for a saga: the engine, or the engine with a planted bug.
pub(crate) type Decide = fn(&Plan, &SagaState<()>, Timestamp, &Signal<()>) -> Result<Vec<Event<()>>, SagaRejection>;

/// The engine as it is.
pub(crate) fn correct(
    plan: &Plan,
    state: &SagaState<()>,
    at: Timestamp,
    signal: &Signal<()>,
) -> Result<Vec<Event<()>>, SagaRejection> {
    engine::decide(state, at, signal, |()| plan)
}

/// A plan, its owners, and what happens outside of the saga.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) steps: Vec<StepInfo>,
    pub(crate) outside: Vec<Message>,
}

pub(crate) struct StepInfo {
    pub(crate) name: String,
    pub(crate) stage: usize,
    pub(crate) is_pivot: bool,
    pub(crate) undoable: bool,
    /// At which attempt the owner does it; none: never.
    does_at: Option<u32>,
    /// Whether it says so when it does not.
    refuses: bool,
    /// Whether it handles undos.
    pub(crate) undoes: bool,
    /// Whether it does what was undone before.
    forgets: bool,
}

/// How wild worlds are.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) stages: u64,
    pub(crate) steps: u64,
    pub(crate) outside: u64,
    /// Whether every owner does and undoes what it is asked at once, and nothing happens outside.
    pub(crate) calm: bool,
}

pub(crate) const WILD: Size = Size { stages: 4, steps: 3, outside: 3, calm: false };

/// A message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Message {
    Start,
    /// A command of the saga, or of somebody else.
    Run(usize),
    Undo(usize),
    /// The pivot's owner is asked by somebody else to take its decision back.
    TakeBack,
    Done(usize),
    Failed(usize),
    Undone(usize),
    /// An answer that belongs to another step of the same name.
    Foreign(usize),
    Unknown,
    Cancel,
    Deadline(Timestamp),
    Resume,
    Abort,
}

#[derive(Clone, Default)]
pub(crate) struct Owner {
    attempts: u32,
    pub(crate) done: bool,
    undo_came: bool,
    pub(crate) took_back: bool,
    pub(crate) times_done: u32,
    pub(crate) times_undone: u32,
    handled: BTreeSet<u32>,
}

impl Owner {
    /// All that its answers depend on.
    pub(crate) fn key(&self) -> (u32, [bool; 3], [u32; 2]) {
        (self.attempts, [self.done, self.undo_came, self.took_back], [self.times_done, self.times_undone])
    }
}

impl World {
    pub(crate) fn random(rng: &Rng, size: Size) -> Self {
        let id: TripId = "t-1".parse().unwrap();
        let stages = 1 + rng.below(size.stages);
        let pivot = Some(rng.below(stages)).filter(|_| rng.happens(0.8));
        let (mut plan, mut steps) = (Plan::new(), Vec::new());
        for index in 0..stages {
            let is_pivot = pivot == Some(index);
            let count = if is_pivot { 1 } else { 1 + rng.below(size.steps) };
            let mut stage = Vec::new();
            for _ in 0..count {
                let name = format!("s{}", steps.len());
                let before_pivot = pivot.is_none_or(|pivot| index < pivot);
                let undoable = is_pivot || (before_pivot && rng.happens(0.9));
                let command = || BookTrip { trip_id: id.clone() };
                let step = Step::new(&name, &id, command()).detail("own");
                stage.push(if undoable { step.undo(&id, command()) } else { step });
                let does_at = match size.calm || rng.happens(0.8) {
                    true => Some(1),
                    false => Some(2 + rng.below(3) as u32).filter(|_| rng.happens(0.4)),
                };
                let (stage, quiet) = (index as usize, size.calm);
                steps.push(StepInfo {
                    name,
                    stage,
                    is_pivot,
                    undoable,
                    does_at,
                    refuses: rng.happens(0.7),
                    undoes: quiet || rng.happens(0.95),
                    forgets: !quiet && rng.happens(0.2),
                });
            }
            let within = SignedDuration::from_mins(10 + rng.below(10) as i64);
            plan = match is_pivot {
                true => plan.pivot("pivot", within, stage.remove(0)),
                false => plan.stage(Stage::new(&format!("stage-{index}"), within, stage)),
            };
        }
        let mut outside = Vec::new();
        for _ in 0..if size.calm { 0 } else { rng.below(size.outside) } {
            let step = rng.index(steps.len());
            outside.push(match rng.below(8) {
                0 => Message::Cancel,
                1 => Message::Undo(steps.iter().position(|step| step.is_pivot).unwrap_or(step)),
                2 => Message::Undo(step),
                3 => Message::Run(step),
                4 => Message::Foreign(step),
                5 | 6 => Message::TakeBack,
                _ => Message::Unknown,
            });
        }
        // What is done or undone by hand cannot be told from a repeat.
        if outside.iter().any(|message| matches!(message, Message::Run(_) | Message::Undo(_))) {
            steps.iter_mut().for_each(|step| step.forgets = false);
        }
        Self { plan, steps, outside }
    }

    /// Whether somebody else undoes a step that is not the pivot.
    pub(crate) fn undone_by_another(&self) -> bool {
        self.outside.iter().any(|message| matches!(message, Message::Undo(step) if !self.steps[*step].is_pivot))
    }

    pub(crate) fn pivot(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.is_pivot)
    }

    /// The step of this name.
    pub(crate) fn step(&self, name: &str) -> &StepInfo {
        self.steps.iter().find(|step| step.name == name).unwrap()
    }
}

/// One run: the saga, its owners, and all that was decided.
#[derive(Clone)]
pub(crate) struct Run<'a> {
    pub(crate) world: &'a World,
    pub(crate) saga: SagaState<()>,
    pub(crate) owners: Vec<Owner>,
    pub(crate) now: Timestamp,
    pub(crate) log: Vec<Decision>,
    decide: Decide,
    next_id: u32,
}

/// What one message made the saga decide.
#[derive(Clone)]
pub(crate) struct Decision {
    pub(crate) message: Message,
    pub(crate) before: SagaState<()>,
    pub(crate) after: SagaState<()>,
    pub(crate) events: Vec<Event<()>>,
    /// Whether the pivot's owner had done it.
    pub(crate) pivot_done: bool,
}

impl<'a> Run<'a> {
    pub(crate) fn new(world: &'a World, decide: Decide) -> Self {
        let owners = world.steps.iter().map(|_| Owner::default()).collect();
        let now = Timestamp::from_second(1_767_225_600).unwrap();
        Self { world, saga: SagaState::default(), owners, now, log: Vec::new(), decide, next_id: 0 }
    }

    /// An id for a message; copies of a message have the same.
    pub(crate) fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// The deadline that is set.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.saga.deadline
    }

    /// Delivers a message; what follows from it is put under way.
    pub(crate) fn deliver(&mut self, id: u32, message: Message) -> Vec<Message> {
        match message {
            Message::Run(step) => self.run_step(id, step).into_iter().collect(),
            Message::Undo(step) => self.undo_step(id, step).into_iter().collect(),
            Message::TakeBack => self.take_back().into_iter().collect(),
            message => self.react(message),
        }
    }

    fn react(&mut self, message: Message) -> Vec<Message> {
        let name = |step: usize| self.world.steps[step].name.clone();
        let signal = match message {
            Message::Start => Signal::Start(()),
            Message::Done(step) => Signal::done(name(step)).with("own"),
            Message::Failed(step) => Signal::failed(name(step), "refused").with("own"),
            Message::Foreign(step) => Signal::done(name(step)).with("another"),
            Message::Undone(step) => Signal::undone(name(step)),
            Message::Unknown => Signal::done("unknown"),
            Message::Cancel => Signal::Cancel("cancelled".to_owned()),
            Message::Deadline(deadline) => Signal::DeadlinePassed(deadline),
            Message::Resume => Signal::Resume,
            Message::Abort => Signal::Abort("aborted".to_owned()),
            Message::Run(_) | Message::Undo(_) | Message::TakeBack => return Vec::new(),
        };
        let events = (self.decide)(&self.world.plan, &self.saga, self.now, &signal).unwrap_or_default();
        if events.is_empty() {
            return Vec::new();
        }
        let before = self.saga.clone();
        let after = events.iter().fold(before.clone(), SagaState::evolve);
        self.saga = after.clone();
        let index = |name: &String| self.world.steps.iter().position(|step| step.name == *name);
        let next = || events.iter().filter_map(Event::next);
        let run = next().flat_map(|next| &next.run).filter_map(index).map(Message::Run);
        let undo = next().flat_map(|next| &next.undo).filter_map(index).map(Message::Undo);
        let commands = run.chain(undo).collect();
        let pivot_done = self.world.pivot().is_some_and(|pivot| self.owners[pivot].done);
        self.log.push(Decision { message, before, after, events, pivot_done });
        commands
    }

    /// Whether the step is after the pivot.
    fn is_later(&self, step: usize) -> bool {
        self.world.pivot().is_some_and(|pivot| self.world.steps[pivot].stage < self.world.steps[step].stage)
    }

    /// The owner of the pivot takes its decision back, unless a later step is done: the owners of those ask it first.
    fn take_back(&mut self) -> Option<Message> {
        let pivot = self.world.pivot()?;
        let mut later = (0..self.owners.len()).filter(|step| self.is_later(*step)).peekable();
        later.peek()?;
        if !self.owners[pivot].done || later.any(|step| self.owners[step].times_done > 0) {
            return None;
        }
        let owner = &mut self.owners[pivot];
        (owner.done, owner.undo_came, owner.took_back) = (false, true, true);
        owner.times_undone += 1;
        Some(Message::Undone(pivot))
    }

    fn run_step(&mut self, id: u32, step: usize) -> Option<Message> {
        let taken_back = self.is_later(step) && self.owners.iter().any(|owner| owner.took_back);
        let (owner, info) = (&mut self.owners[step], &self.world.steps[step]);
        if !owner.handled.insert(id) || owner.done {
            return None;
        }
        owner.attempts += 1;
        let late = taken_back || (owner.undo_came && (info.is_pivot || !info.forgets));
        if !late && info.does_at.is_some_and(|attempt| owner.attempts >= attempt) {
            owner.done = true;
            owner.times_done += 1;
            return Some(Message::Done(step));
        }
        // A pivot that is cancelled has given its answer.
        Some(Message::Failed(step)).filter(|_| (info.refuses || late) && !(late && info.is_pivot))
    }

    fn undo_step(&mut self, id: u32, step: usize) -> Option<Message> {
        let (owner, info) = (&mut self.owners[step], &self.world.steps[step]);
        if !owner.handled.insert(id) || !info.undoes || (info.is_pivot && owner.done) {
            return None;
        }
        let first = !owner.undo_came;
        owner.undo_came = true;
        let was_done = std::mem::take(&mut owner.done);
        owner.times_undone += u32::from(was_done);
        Some(Message::Undone(step)).filter(|_| first || was_done)
    }
}
