//! The laws can fail: each planted bug breaks one.

use jiff::Timestamp;

use super::{
    laws::broken_law,
    world::{Decide, WILD, correct},
};
use crate::{
    saga::{
        Plan, SagaState, Signal,
        engine::SagaRejection,
        event::{Event, Next, Progress},
        process::Status,
    },
    testing::tests::first_broken,
};

type Decided = Result<Vec<Event<()>>, SagaRejection>;

/// The engine with this bug breaks one of these laws.
fn caught(mutant: Decide, laws: &[&str]) {
    let (seed, broken) =
        first_broken(2_000, |seed| broken_law(seed, WILD, mutant)).expect("the planted bug breaks no law");
    let law = broken.lines().next().unwrap_or_default();
    assert!(laws.iter().any(|expected| law.contains(expected)), "seed {seed} breaks another law: {broken}");
}

/// Changes what follows from each event.
fn changed(decided: Decided, change: impl Fn(&mut Event<()>)) -> Decided {
    let mut events = decided?;
    events.iter_mut().for_each(change);
    Ok(events)
}

fn next(event: &mut Event<()>) -> Option<&mut Next> {
    match event {
        Event::Started { next, .. }
        | Event::StepDone { next, .. }
        | Event::StepFailed { next, .. }
        | Event::Compensating { next, .. }
        | Event::StepUndone { next, .. } => Some(next),
        Event::Completed | Event::Compensated { .. } | Event::NeedsOperator { .. } => None,
    }
}

#[test]
fn compensation_in_the_order_of_the_stages_is_caught() {
    fn first_stage_first(plan: &Plan, state: &SagaState<()>, at: Timestamp, signal: &Signal<()>) -> Decided {
        changed(correct(plan, state, at, signal), |event| {
            let is_pivot = |name: &String| plan.pivot_step().is_some_and(|(_, pivot)| pivot.name == *name);
            let Some(next) = next(event).filter(|next| !next.undo.is_empty() && !next.undo.iter().any(is_pivot)) else {
                return;
            };
            let done = |name: &String| state.progress(name) == Some(Progress::Done);
            let stages = plan.stages().iter().map(|stage| stage.steps.iter().map(|step| step.name.clone()));
            if let Some(first) =
                stages.map(|steps| steps.filter(done).collect::<Vec<_>>()).find(|done| !done.is_empty())
            {
                next.undo = first;
            }
        })
    }
    caught(first_stage_first, &["is undone before a later stage"]);
}

#[test]
fn undoing_a_step_twice_is_caught() {
    fn undone_again(plan: &Plan, state: &SagaState<()>, at: Timestamp, signal: &Signal<()>) -> Decided {
        changed(correct(plan, state, at, signal), |event| {
            if let Event::StepUndone { step, next, .. } = event
                && state.progress(step) == Some(Progress::UndoRequested)
            {
                next.undo.push(step.clone());
            }
        })
    }
    caught(undone_again, &["undos of", "after Compensated"]);
}

#[test]
fn a_command_after_the_end_is_caught() {
    fn restless(plan: &Plan, state: &SagaState<()>, at: Timestamp, signal: &Signal<()>) -> Decided {
        match (state.status, signal) {
            (Status::Completed, Signal::Done(step)) if step.detail.as_deref() == Some("own") => {
                let next = Next { run: vec![step.name.clone()], ..Next::default() };
                Ok(vec![Event::StepDone { step: step.name.clone(), next }])
            }
            _ => correct(plan, state, at, signal),
        }
    }
    caught(restless, &["after Completed", "after the end changes Completed"]);
}

#[test]
fn undoing_while_the_pivot_is_in_doubt_is_caught() {
    fn overriding(plan: &Plan, state: &SagaState<()>, at: Timestamp, signal: &Signal<()>) -> Decided {
        changed(correct(plan, state, at, signal), |event| {
            let Some((_, pivot)) = plan.pivot_step() else { return };
            let Some(next) = next(event).filter(|next| next.undo == [pivot.name.clone()]) else { return };
            let steps = plan.stages().iter().flat_map(|stage| &stage.steps).filter(|step| step.can_be_undone());
            let done = steps.filter(|step| state.progress(&step.name) == Some(Progress::Done));
            next.undo.extend(done.map(|step| step.name.clone()));
        })
    }
    caught(overriding, &["although the pivot is done", "is undone before a later stage"]);
}

#[test]
fn a_saga_that_overrides_the_decision_of_the_pivot_is_caught() {
    fn deaf(plan: &Plan, state: &SagaState<()>, at: Timestamp, signal: &Signal<()>) -> Decided {
        let pivot = plan.pivot_step().map(|(_, step)| step.name.clone());
        match signal {
            Signal::Done(step) if Some(&step.name) == pivot.as_ref() && state.status == Status::Compensating => {
                let undone = Signal::undone(&step.name);
                correct(plan, state, at, &undone)
            }
            _ => correct(plan, state, at, signal),
        }
    }
    caught(deaf, &["although the pivot is done"]);
}

#[test]
fn leaving_an_end_is_caught() {
    fn endless(plan: &Plan, state: &SagaState<()>, at: Timestamp, signal: &Signal<()>) -> Decided {
        let running = SagaState { status: Status::Running, ..state.clone() };
        correct(plan, if state.status == Status::NeedsOperator { &running } else { state }, at, signal)
    }
    caught(endless, &["it leaves an end", "after NeedsOperator"]);
}
