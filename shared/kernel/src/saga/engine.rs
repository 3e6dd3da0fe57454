//! The engine of sagas: a pure and total decider over the plan of a saga, for all sagas.
//!
//! - Forward: the steps of the first stage that is not done are requested; when all are done, those of the next.
//! - Back: the pivot's owner is asked first to cancel unless it is done, and the saga follows the answer. Then whatever
//!   was done or may have been done is undone, stage by stage, the last one first.
//! - After the pivot the saga does not go back by itself: what does not answer or fails is tried again, then an operator
//!   must look. Only the pivot's owner can take its decision back, until a later step is done; then the saga follows.

use std::borrow::Borrow;

use jiff::{SignedDuration, Timestamp};

use crate::{
    command::Rejection,
    saga::{
        event::{Event, Next, Progress},
        plan::{Plan, Stage, Step},
        process::Status,
        signal::{Signal, StepRef},
        state::SagaState,
    },
};

/// How often a stage is tried again after the pivot, before an operator must look.
pub const MAX_RETRIES: u32 = 2;

/// Why a saga rejects an operator's command. It rejects nothing else: its other input has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SagaRejection {
    /// The saga never started.
    #[error("this saga never started")]
    NotStarted,
    /// After the pivot there is no way back.
    #[error("this saga is past its pivot: it can only go forward")]
    PastPivot,
}

impl Rejection for SagaRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::NotStarted => "NotStarted",
            Self::PastPivot => "PastPivot",
        }
    }
}

/// The events that follow from a signal at this time.
pub fn decide<D: Clone, P: Borrow<Plan>>(
    state: &SagaState<D>,
    at: Timestamp,
    signal: &Signal<D>,
    plan_of: impl Fn(&D) -> P,
) -> Result<Vec<Event<D>>, SagaRejection> {
    match (&state.data, signal) {
        (None, Signal::Start(data)) => Ok(start(state, at, data, plan_of(data).borrow())),
        (Some(_), Signal::Start(_)) => Ok(Vec::new()),
        (None, signal) => before_start(state, signal),
        (Some(data), signal) => Saga { plan: plan_of(data).borrow(), at, data }.react(state, signal),
    }
}

/// Keeps what arrives before the start. What it means is decided when the plan is known.
fn before_start<D: Clone>(state: &SagaState<D>, signal: &Signal<D>) -> Result<Vec<Event<D>>, SagaRejection> {
    let next = Next::default();
    let unknown = |step: &StepRef| {
        let key = StepRef::key(&step.name, step.detail.as_deref());
        Some(key).filter(|key| !state.steps.contains_key(key))
    };
    let kept = match signal {
        Signal::Done(step) => unknown(step).map(|step| Event::StepDone { step, next }),
        Signal::Failed(step, reason) => {
            unknown(step).map(|step| Event::StepFailed { step, reason: reason.clone(), next })
        }
        // It is the last word, whether what it undoes is known already or comes later.
        Signal::Undone(step, reason) => {
            let key = StepRef::key(&step.name, step.detail.as_deref());
            let new = Some(key).filter(|key| state.progress(key) != Some(Progress::Undone));
            new.map(|step| Event::StepUndone { step, reason: reason.clone(), next })
        }
        Signal::Cancel(reason) => {
            Some(Event::Compensating { reason: reason.clone(), next }).filter(|_| state.status == Status::NotStarted)
        }
        Signal::Start(_) | Signal::DeadlinePassed(_) => None,
        Signal::Resume | Signal::Abort(_) => return Err(SagaRejection::NotStarted),
    };
    Ok(kept.into_iter().collect())
}

fn start<D: Clone>(state: &SagaState<D>, at: Timestamp, data: &D, plan: &Plan) -> Vec<Event<D>> {
    let known = |step: &Step| {
        let detailed = state.progress(&StepRef::key(&step.name, step.detail.as_deref()));
        state.progress(&step.name).or(detailed)
    };
    let steps = plan.stages().iter().flat_map(|stage| &stage.steps);
    let early = steps.filter_map(|step| Some((step.name.clone(), known(step)?))).collect();
    let started = Event::Started { data: data.clone(), early, next: Next::default() };
    let saga = Saga { plan, at, data };
    let begun = state.clone().evolve(&started);
    let pivot = plan.pivot_step().and_then(|(_, step)| begun.progress(&step.name));
    // What somebody else has undone stays undone: its owner will not do it any more.
    let known = |expected: Progress| begun.steps.iter().find(|(_, step)| step.progress == expected);
    let undone = known(Progress::Undone).map(|(step, _)| format!("{step}: somebody else undid it"));
    let cancelled = state.status == Status::Compensating || known(Progress::Failed).is_some();
    if (cancelled || undone.is_some()) && pivot != Some(Progress::Done) {
        let reason = state.reason.clone().or(undone).unwrap_or_else(|| "cancelled before it started".to_owned());
        return saga.compensate(vec![started], state, reason, false);
    }
    saga.go_forward_from(&begun, started, true)
}

/// What the engine decides with, besides the state.
struct Saga<'a, D> {
    plan: &'a Plan,
    at: Timestamp,
    data: &'a D,
}

/// The way back from a state.
enum Back {
    /// These steps are undone next.
    Undo(Next),
    /// Undos are under way.
    Waits,
    /// Nothing is left to undo.
    Finished,
}

impl<D: Clone> Saga<'_, D> {
    fn react(&self, state: &SagaState<D>, signal: &Signal<D>) -> Result<Vec<Event<D>>, SagaRejection> {
        Ok(match signal {
            Signal::Start(_) => Vec::new(),
            Signal::Done(step) => match self.step(step) {
                Some((_, step)) if self.is_pivot(&step.name) => self.pivot_done(state, step),
                Some((stage, step)) => self.step_done(state, stage, step),
                None => Vec::new(),
            },
            Signal::Failed(step, reason) => match self.step(step) {
                Some((_, step)) => self.step_failed(state, step, reason),
                None => Vec::new(),
            },
            Signal::Undone(step, reason) => match self.step(step) {
                Some((_, step)) if self.is_pivot(&step.name) => self.pivot_undone(state, step, reason.clone()),
                Some((_, step)) => self.step_undone(state, step, reason.clone()),
                None => Vec::new(),
            },
            Signal::Cancel(reason) if state.status == Status::Running && !self.past_pivot(state) => {
                self.compensate(Vec::new(), state, reason.clone(), false)
            }
            Signal::Cancel(_) => Vec::new(),
            Signal::DeadlinePassed(deadline) if state.deadline == Some(*deadline) => self.too_late(state),
            Signal::DeadlinePassed(_) => Vec::new(),
            Signal::Resume => self.resume(state),
            Signal::Abort(reason) => match state.status {
                Status::Compensating | Status::Compensated | Status::NotStarted => Vec::new(),
                _ if self.past_pivot(state) => return Err(SagaRejection::PastPivot),
                Status::Completed => return Err(SagaRejection::PastPivot),
                Status::Running => self.compensate(Vec::new(), state, reason.clone(), false),
                Status::NeedsOperator => self.compensate(Vec::new(), state, reason.clone(), true),
            },
        })
    }

    fn step_done(&self, state: &SagaState<D>, stage: usize, step: &Step) -> Vec<Event<D>> {
        let name = &step.name;
        if state.seen_done(name) {
            return Vec::new();
        }
        let recorded = |undo: bool| {
            let undo = Some(name.clone()).filter(|_| undo && step.can_be_undone());
            Event::StepDone { step: name.clone(), next: Next { undo: undo.into_iter().collect(), ..Next::default() } }
        };
        match state.status {
            Status::NotStarted | Status::Completed => Vec::new(),
            Status::Running => self.go_forward(state, recorded(false)),
            Status::Compensating | Status::NeedsOperator => match state.progress(name) {
                // The undo may have been handled first, so it is undone once more, and nobody waits for the answer:
                // an owner that has undone it before does not answer again.
                Some(Progress::UndoRequested) => vec![recorded(true)],
                Some(Progress::Undone) if self.is_withdrawn(state) => vec![recorded(true)],
                Some(Progress::Undone) => Vec::new(),
                _ => vec![recorded(self.is_undone_down_to(state, stage))],
            },
            Status::Compensated => vec![recorded(true)],
        }
    }

    fn pivot_done(&self, state: &SagaState<D>, step: &Step) -> Vec<Event<D>> {
        let done = Event::StepDone { step: step.name.clone(), next: Next::default() };
        match (state.progress(&step.name), state.status) {
            // Its owner decides once; whatever comes after the decision is no answer.
            (Some(Progress::Done | Progress::Undone), _) => Vec::new(),
            (_, Status::Running) => self.go_forward(state, done),
            (_, Status::Compensating) => self.go_forward_from(&state.clone().evolve(&done), done, true),
            (_, Status::NeedsOperator) => vec![done],
            (_, Status::NotStarted | Status::Completed | Status::Compensated) => Vec::new(),
        }
    }

    fn step_failed(&self, state: &SagaState<D>, step: &Step, reason: &str) -> Vec<Event<D>> {
        let failed = || Event::StepFailed { step: step.name.clone(), reason: reason.to_owned(), next: Next::default() };
        match (state.progress(&step.name), state.status) {
            (Some(Progress::Done | Progress::Failed | Progress::UndoRequested | Progress::Undone), _) => Vec::new(),
            // It is tried again when the deadline passes.
            (_, Status::Running) if self.past_pivot(state) => vec![failed()],
            (_, Status::Running) => self.compensate(vec![failed()], state, reason.to_owned(), false),
            (Some(Progress::Requested), Status::Compensating) => self.go_back(state, failed()),
            (Some(Progress::Requested), Status::NeedsOperator) => vec![failed()],
            (None, Status::Compensating | Status::NeedsOperator)
            | (_, Status::NotStarted | Status::Completed | Status::Compensated) => Vec::new(),
        }
    }

    fn step_undone(&self, state: &SagaState<D>, step: &Step, reason: Option<String>) -> Vec<Event<D>> {
        let by_another = || reason.clone().unwrap_or_else(|| format!("{}: somebody else undid it", step.name));
        let undone = Event::StepUndone { step: step.name.clone(), reason: reason.clone(), next: Next::default() };
        match (state.progress(&step.name), state.status) {
            (None | Some(Progress::Failed | Progress::Undone), _) => Vec::new(),
            // Nobody has requested it, so it is what arrived before.
            (Some(Progress::Requested | Progress::Done), _) if state.seen_undone(&step.name) => Vec::new(),
            (Some(Progress::UndoRequested), Status::Compensated)
            | (Some(Progress::Requested | Progress::Done | Progress::UndoRequested), Status::NeedsOperator) => {
                vec![undone]
            }
            (Some(_), Status::Compensating) => self.go_back(state, undone),
            // Maybe the pivot's owner has taken its decision back; else an operator must look when the deadline passes.
            (Some(_), Status::Running) if self.past_pivot(state) => vec![undone],
            (Some(_), Status::Running) => self.compensate(vec![undone], state, by_another(), false),
            (Some(_), Status::NotStarted | Status::Completed | Status::Compensated) => Vec::new(),
        }
    }

    fn pivot_undone(&self, state: &SagaState<D>, step: &Step, reason: Option<String>) -> Vec<Event<D>> {
        let undone = Event::StepUndone { step: step.name.clone(), reason: reason.clone(), next: Next::default() };
        let reason = reason.unwrap_or_else(|| format!("{}: cancelled", step.name));
        match (state.progress(&step.name), state.status) {
            (Some(Progress::Undone), _) => Vec::new(),
            // It was decided against too late; only an operator can know what to do.
            (Some(Progress::Done), Status::Running) if self.later_step_is_done(state) => {
                vec![undone, Event::NeedsOperator { reason }]
            }
            (_, Status::Running) => self.compensate(vec![undone], state, reason, false),
            (_, Status::Compensating) => self.go_back(state, undone),
            (_, Status::NeedsOperator) => vec![undone],
            (_, Status::NotStarted | Status::Completed | Status::Compensated) => Vec::new(),
        }
    }

    fn too_late(&self, state: &SagaState<D>) -> Vec<Event<D>> {
        let open = self.open_stage(state).map(|stage| (stage, self.open_steps(state, stage, true)));
        match (state.status, open) {
            (Status::Running, Some((stage, run))) => {
                let Stage { name, within, .. } = &self.plan.stages()[stage];
                let reason = format!("it took longer than {} to {name}", words(*within));
                if !self.past_pivot(state) {
                    return self.compensate(Vec::new(), state, reason, false);
                }
                let reason = format!("{reason} ({})", run.join(", "));
                // What was undone is not done again by itself.
                let undone = run.iter().any(|step| state.progress(step) == Some(Progress::Undone));
                match run.first().filter(|_| !undone && state.retries < MAX_RETRIES) {
                    Some(step) => {
                        let next = self.request(stage, run.clone());
                        vec![Event::StepFailed { step: step.clone(), reason, next }]
                    }
                    None => vec![Event::NeedsOperator { reason }],
                }
            }
            (Status::Compensating, _) => {
                let reason = state.reason.clone().unwrap_or_default();
                match self.back(state, false) {
                    Back::Undo(next) => vec![Event::Compensating { reason, next }],
                    Back::Finished => vec![Event::Compensated { reason }],
                    Back::Waits => {
                        let waits = |(step, _): &(&String, _)| state.progress(step) == Some(Progress::UndoRequested);
                        let open: Vec<&str> = state.steps.iter().filter(waits).map(|(step, _)| step.as_str()).collect();
                        let reason = format!("{} is not undone in time; {reason}", open.join(", "));
                        vec![Event::NeedsOperator { reason }]
                    }
                }
            }
            _ => Vec::new(),
        }
    }

    fn resume(&self, state: &SagaState<D>) -> Vec<Event<D>> {
        if state.status != Status::NeedsOperator {
            return Vec::new();
        }
        if !self.past_pivot(state) {
            let reason = state.reason.clone().unwrap_or_default();
            return self.compensate(Vec::new(), state, reason, true);
        }
        let Some(stage) = self.open_stage(state) else { return vec![Event::Completed] };
        let next = self.request(stage, self.open_steps(state, stage, true));
        vec![Event::Started { data: self.data.clone(), early: [].into(), next }]
    }

    /// Records an event of a running saga, and goes on to the next stage if that completes the current one.
    fn go_forward(&self, state: &SagaState<D>, event: Event<D>) -> Vec<Event<D>> {
        let after = state.clone().evolve(&event);
        let moved = self.open_stage(state) != self.open_stage(&after);
        self.go_forward_from(&after, event, moved)
    }

    fn go_forward_from(&self, after: &SagaState<D>, mut event: Event<D>, moved: bool) -> Vec<Event<D>> {
        match self.open_stage(after) {
            None => vec![event, Event::Completed],
            Some(stage) => {
                if moved {
                    let run = self.open_steps(after, stage, false);
                    set_next(&mut event, self.request(stage, run));
                }
                vec![event]
            }
        }
    }

    /// Compensates after these events. `again` also repeats undos that were not answered.
    fn compensate(
        &self,
        mut events: Vec<Event<D>>,
        state: &SagaState<D>,
        reason: String,
        again: bool,
    ) -> Vec<Event<D>> {
        let after = events.iter().fold(state.clone(), SagaState::evolve);
        match self.back(&after, again) {
            Back::Undo(next) => events.push(Event::Compensating { reason, next }),
            Back::Waits => {
                let deadline = self.plan.pivot_step().map(|(stage, _)| self.deadline(stage));
                events.push(Event::Compensating { reason, next: Next { deadline, ..Next::default() } });
            }
            Back::Finished => {
                events.push(Event::Compensating { reason: reason.clone(), next: Next::default() });
                events.push(Event::Compensated { reason });
            }
        }
        events
    }

    /// Records an event of a compensating saga, and goes on to the stage before if that completes the current one.
    fn go_back(&self, state: &SagaState<D>, mut event: Event<D>) -> Vec<Event<D>> {
        match self.back(&state.clone().evolve(&event), false) {
            Back::Undo(next) => set_next(&mut event, next),
            Back::Waits => {}
            Back::Finished => {
                let reason = state.reason.clone().unwrap_or_default();
                return vec![event, Event::Compensated { reason }];
            }
        }
        vec![event]
    }

    /// The way back from the state: the pivot's decision first, then the stages, the last one first.
    fn back(&self, state: &SagaState<D>, again: bool) -> Back {
        if let Some((stage, pivot)) = self.plan.pivot_step() {
            let name = pivot.name.clone();
            match state.progress(&name) {
                Some(Progress::Undone) => {}
                Some(Progress::UndoRequested) if !again => return Back::Waits,
                _ if pivot.can_be_undone() => return Back::Undo(self.undo(stage, vec![name])),
                // Nobody can ask its owner, so its answer must come by itself.
                Some(Progress::Requested | Progress::UndoRequested | Progress::Done) => return Back::Waits,
                Some(Progress::Failed) | None => {}
            }
        }
        for (index, stage) in self.plan.stages().iter().enumerate().rev() {
            let steps = || stage.steps.iter().rev().filter(|step| !self.is_pivot(&step.name));
            let is = |step: &Step, progress: &[Progress]| {
                state.progress(&step.name).is_some_and(|known| progress.contains(&known))
            };
            let waits = steps().any(|step| is(step, &[Progress::UndoRequested]));
            if waits && !again {
                return Back::Waits;
            }
            let open = [Progress::Requested, Progress::Done, Progress::UndoRequested];
            let undo = steps().filter(|step| step.can_be_undone() && is(step, &open));
            let undo: Vec<String> = undo.map(|step| step.name.clone()).collect();
            if !undo.is_empty() {
                return Back::Undo(self.undo(index, undo));
            }
        }
        Back::Finished
    }

    /// Whether the pivot is decided against, or there is none.
    fn is_withdrawn(&self, state: &SagaState<D>) -> bool {
        let pivot = self.plan.pivot_step();
        pivot.is_none_or(|(_, step)| state.progress(&step.name) == Some(Progress::Undone))
    }

    /// Whether the undos of this stage, or of one before it, are requested.
    fn is_undone_down_to(&self, state: &SagaState<D>, stage: usize) -> bool {
        let requested = |step: &Step| {
            let progress = state.progress(&step.name);
            !self.is_pivot(&step.name) && progress == Some(Progress::UndoRequested)
        };
        self.plan.stages().iter().take(stage + 1).any(|stage| stage.steps.iter().any(requested))
    }

    /// The first stage with a step that is not done.
    fn open_stage(&self, state: &SagaState<D>) -> Option<usize> {
        let done = |step: &Step| state.progress(&step.name) == Some(Progress::Done);
        self.plan.stages().iter().position(|stage| !stage.steps.iter().all(done))
    }

    /// The steps of the stage that are not done; those whose answer is open only if they shall be requested again.
    fn open_steps(&self, state: &SagaState<D>, stage: usize, again: bool) -> Vec<String> {
        let open = |step: &&Step| match state.progress(&step.name) {
            Some(Progress::Done) => false,
            Some(Progress::Requested) => again,
            Some(Progress::Failed | Progress::UndoRequested | Progress::Undone) | None => true,
        };
        let stage = &self.plan.stages()[stage];
        stage.steps.iter().filter(open).map(|step| step.name.clone()).collect()
    }

    fn past_pivot(&self, state: &SagaState<D>) -> bool {
        let pivot = self.plan.pivot_step();
        pivot.is_some_and(|(_, step)| state.progress(&step.name) == Some(Progress::Done))
    }

    /// Whether a step after the pivot is done.
    fn later_step_is_done(&self, state: &SagaState<D>) -> bool {
        let Some((pivot, _)) = self.plan.pivot_step() else { return false };
        let later = self.plan.stages().iter().skip(pivot + 1).flat_map(|stage| &stage.steps);
        later.into_iter().any(|step| state.progress(&step.name) == Some(Progress::Done))
    }

    fn is_pivot(&self, name: &str) -> bool {
        self.plan.pivot_step().is_some_and(|(_, pivot)| pivot.name == name)
    }

    fn step(&self, step: &StepRef) -> Option<(usize, &Step)> {
        self.plan.find(&step.name).filter(|(_, known)| known.answers_to(step.detail.as_deref()))
    }

    fn request(&self, stage: usize, run: Vec<String>) -> Next {
        let name = self.plan.stages()[stage].name.clone();
        Next { stage: Some(name), run, undo: Vec::new(), deadline: Some(self.deadline(stage)) }
    }

    fn undo(&self, stage: usize, undo: Vec<String>) -> Next {
        Next { stage: None, run: Vec::new(), undo, deadline: Some(self.deadline(stage)) }
    }

    fn deadline(&self, stage: usize) -> Timestamp {
        let within = self.plan.stages().get(stage).map_or(SignedDuration::ZERO, |stage| stage.within);
        self.at.checked_add(within).unwrap_or(Timestamp::MAX)
    }
}

fn set_next<D>(event: &mut Event<D>, following: Next) {
    match event {
        Event::Started { next, .. }
        | Event::StepDone { next, .. }
        | Event::StepFailed { next, .. }
        | Event::Compensating { next, .. }
        | Event::StepUndone { next, .. } => *next = following,
        Event::Completed | Event::Compensated { .. } | Event::NeedsOperator { .. } => {}
    }
}

/// A duration as a buyer reads it.
fn words(duration: SignedDuration) -> String {
    match (duration.as_secs(), duration.as_mins(), duration.as_hours()) {
        (seconds, _, _) if seconds < 120 => format!("{seconds} seconds"),
        (_, minutes, _) if minutes < 120 => format!("{minutes} minutes"),
        (_, _, hours) if hours < 48 => format!("{hours} hours"),
        (_, _, hours) => format!("{} days", hours / 24),
    }
}
