//! The laws of every saga, as properties over random plans and random schedules.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Decide, Decision, Message, Owner, Run, Size, WILD, World, correct};
use crate::{
    saga::{
        event::{Event, Progress},
        process::Status,
        state::SagaState,
    },
    testing::{sim::Rng, tests},
};

/// The number of random cases.
pub(super) const CASES: u64 = 12_000;

/// The most messages of a run; more would never come to rest.
const MAX_MESSAGES: u32 = 3_000;

/// Runs the world of a seed under the schedule of the seed: every message up to three times and in any order, the clock
/// running ahead, old timers firing again, an operator who resumes or aborts.
fn chaos<'a>(world: &'a World, rng: &Rng, decide: Decide, mut operator: u64) -> Result<Run<'a>, String> {
    let mut run = Run::new(world, decide);
    let mut under_way: Vec<(u32, Message)> = Vec::new();
    let mut timers = BTreeSet::new();
    let copies = |run: &mut Run, under_way: &mut Vec<(u32, Message)>, message: Message| {
        let id = run.id();
        under_way.extend(std::iter::repeat_n((id, message), 1 + rng.index(3)));
    };
    for message in world.outside.iter().copied().chain([Message::Start]) {
        copies(&mut run, &mut under_way, message);
    }
    for _ in 0..MAX_MESSAGES {
        timers.extend(run.deadline());
        let clock_runs_ahead = rng.happens(0.03);
        if let Some(deadline) = run.deadline().filter(|_| under_way.is_empty() || clock_runs_ahead) {
            run.now = run.now.max(deadline);
            copies(&mut run, &mut under_way, Message::Deadline(deadline));
        }
        if rng.happens(0.02) {
            let stale: Vec<Message> =
                timers.iter().copied().filter(|timer| *timer <= run.now).map(Message::Deadline).collect();
            under_way.extend(stale.into_iter().map(|message| (0, message)));
        }
        if under_way.is_empty() {
            if operator == 0 || run.saga.status != Status::NeedsOperator {
                return Ok(run);
            }
            operator -= 1;
            copies(&mut run, &mut under_way, if rng.happens(0.7) { Message::Resume } else { Message::Abort });
        }
        let (id, message) = under_way.swap_remove(rng.index(under_way.len()));
        for message in run.deliver(id, message) {
            copies(&mut run, &mut under_way, message);
        }
    }
    Err("it does not come to rest".to_owned())
}

/// Delivers everything once more, and says what does not hold at the end.
fn check(mut run: Run) -> Result<(), String> {
    let messages: Vec<Message> = run.log.iter().map(|decision| decision.message).collect();
    let status = run.saga.status;
    for message in messages.into_iter().filter(|message| !matches!(message, Message::Resume | Message::Abort)) {
        let commands = run.deliver(0, message);
        if run.saga.status != status || !commands.is_empty() {
            return Err(format!(
                "{message:?} after the end changes {status:?} to {:?}, sends {commands:?}",
                run.saga.status
            ));
        }
    }
    let broken = [pivot(&run), one_end(&run), completed(&run), compensated(&run), commands(&run)];
    match broken.into_iter().find_map(Result::err) {
        Some(broken) => Err(format!("{broken}\n{}", told(&run))),
        None => Ok(()),
    }
}

fn told(run: &Run) -> String {
    let told = |decision: &Decision| {
        let events: Vec<String> = decision.events.iter().map(Event::summary).collect();
        format!("  {:?} -> {}", decision.message, events.join(" | "))
    };
    run.log.iter().map(told).collect::<Vec<_>>().join("\n")
}

fn law(holds: bool, text: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(text()) }
}

/// It ends in exactly one terminal state; an end is left by an operator's command only.
fn one_end(run: &Run) -> Result<(), String> {
    law(run.saga.status.is_end(), || format!("it rests in {:?}", run.saga.status))?;
    let mut ends = Vec::new();
    for decision in &run.log {
        let by_operator = matches!(decision.message, Message::Resume | Message::Abort);
        let left = decision.before.status.is_end() && decision.before.status != decision.after.status;
        law(!left || (by_operator && decision.before.status == Status::NeedsOperator), || {
            "it leaves an end".to_owned()
        })?;
        for event in &decision.events {
            match event {
                Event::Completed | Event::Compensated { .. } => ends.push(true),
                Event::NeedsOperator { .. } => ends.push(false),
                _ => {}
            }
        }
    }
    let operator =
        run.log.iter().filter(|decision| matches!(decision.message, Message::Resume | Message::Abort)).count();
    law(ends.len() <= operator + 1, || format!("{} ends with {operator} commands of an operator", ends.len()))?;
    law(ends.iter().filter(|last| **last).count() <= 1, || "two final ends".to_owned())
}

/// Completed: every step is done, none is undone, and no undo was sent but to decide the pivot.
fn completed(run: &Run) -> Result<(), String> {
    if run.saga.status != Status::Completed {
        return Ok(());
    }
    for (info, owner) in run.world.steps.iter().zip(&run.owners) {
        let done = run.saga.progress(&info.name) == Some(Progress::Done);
        law(done, || format!("{} is not done", info.name))?;
        if !run.world.undone_by_another() {
            law(owner.done && owner.times_undone == 0, || format!("the owner of {} has undone it", info.name))?;
            law(info.is_pivot || undos(run, &info.name) == 0, || format!("an undo of {} was sent", info.name))?;
        }
    }
    Ok(())
}

/// Compensated: every step that was done is undone exactly once, by one command, or by two if its answer came late.
fn compensated(run: &Run) -> Result<(), String> {
    if run.saga.status != Status::Compensated {
        return Ok(());
    }
    let operator = run.log.iter().any(|decision| matches!(decision.message, Message::Resume | Message::Abort));
    // Nobody waits for the undo of what came late, so an owner that never undoes breaks no law then.
    let steps = run.world.steps.iter().zip(&run.owners);
    for (info, owner) in steps.filter(|(info, _)| info.undoable && info.undoes) {
        let Some(step) = run.world.plan.find(&info.name) else { continue };
        law(!owner.done, || format!("{} is still done ({step:?})", info.name))?;
        law(owner.times_undone == owner.times_done, || format!("{} is not undone once", info.name))?;
        let late =
            run.log.iter().flat_map(|decision| &decision.events).filter(|event| is_late(event, &info.name)).count();
        let sent = undos(run, &info.name);
        law(operator || sent <= 1 + late, || format!("{sent} undos of {} were sent, {late} were late", info.name))?;
        let recorded = run.log.iter().flat_map(|decision| &decision.events);
        let undone =
            recorded.filter(|event| matches!(event, Event::StepUndone { step, .. } if *step == info.name)).count();
        law(operator || undone <= 1, || format!("{} is undone {undone} times", info.name))?;
    }
    Ok(())
}

fn undos(run: &Run, name: &str) -> usize {
    let next = run.log.iter().flat_map(|decision| &decision.events).filter_map(Event::next);
    next.flat_map(|next| &next.undo).filter(|undo| *undo == name).count()
}

/// A step that is done when its undo was requested already, or when nothing else is left to undo.
fn is_late(event: &Event<()>, name: &str) -> bool {
    matches!(event, Event::StepDone { step, next } if step == name && next.undo == [name])
}

/// No command after the end but the undo of what came late; later stages are undone first.
fn commands(run: &Run) -> Result<(), String> {
    for Decision { message, before, after, events, .. } in &run.log {
        let mut state = before.clone();
        for event in events {
            let Some(next) = event.next() else {
                state = state.evolve(event);
                continue;
            };
            let late = next.undo.first().is_some_and(|undo| is_late(event, undo));
            let by_operator = matches!(message, Message::Resume | Message::Abort);
            if before.status.is_end() && !late && !by_operator {
                law(next.run.is_empty() && next.undo.is_empty(), || {
                    format!("after {:?}: {}", before.status, event.summary())
                })?;
            }
            state = state.evolve(event);
            if !late {
                for undo in &next.undo {
                    let stage = run.world.step(undo).stage;
                    law(run.world.step(undo).is_pivot || undone_above(run.world, &state, stage), || {
                        format!("{undo} is undone before a later stage: {}", event.summary())
                    })?;
                }
            }
        }
        law(state == *after, || "the state does not follow from the events".to_owned())?;
    }
    Ok(())
}

fn undone_above(world: &World, state: &SagaState<()>, stage: usize) -> bool {
    let above = world.steps.iter().filter(|step| step.undoable && (step.stage > stage || step.is_pivot));
    above.into_iter().all(|step| {
        let open = [Progress::Requested, Progress::Done, Progress::UndoRequested];
        !state.progress(&step.name).is_some_and(|progress| open.contains(&progress))
    })
}

/// The pivot is never overridden: what its owner has decided is what becomes of the saga.
fn pivot(run: &Run) -> Result<(), String> {
    let Some(pivot) = run.world.pivot() else { return Ok(()) };
    for decision in run.log.iter().filter(|decision| decision.pivot_done) {
        for next in decision.events.iter().filter_map(Event::next) {
            let overridden = next.undo.iter().find(|undo| !run.world.step(undo).is_pivot);
            law(overridden.is_none(), || format!("{overridden:?} is undone although the pivot is done"))?;
        }
    }
    let done = run.owners[pivot].done;
    law(!(done && run.saga.status == Status::Compensated), || "compensated although the pivot is done".to_owned())?;
    law(done || run.saga.status != Status::Completed, || "completed although the pivot is not done".to_owned())
}

fn run_of<'a>(world: &'a World, rng: &Rng, decide: Decide) -> Result<Run<'a>, String> {
    chaos(world, rng, decide, rng.below(3))
}

/// The law that the case of this seed breaks.
pub(super) fn broken_law(seed: u64, size: Size, decide: Decide) -> Option<String> {
    let rng = Rng::seeded(seed);
    let world = World::random(&rng, size);
    run_of(&world, &rng, decide).and_then(check).err()
}

fn hold(cases: u64, size: Size) {
    let show = |seed| {
        let rng = Rng::seeded(seed);
        let world = World::random(&rng, size);
        println!("{:#?}\noutside: {:?}", world.plan, world.outside);
        println!("{}", told(&run_of(&world, &rng, correct).unwrap()));
    };
    tests::hold(cases, |seed| broken_law(seed, size, correct), show);
}

#[test]
fn the_laws_hold_for_random_plans_under_random_schedules() {
    hold(CASES, WILD);
}

#[test]
fn random_runs_end_in_every_way() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..800 {
        let rng = Rng::seeded(seed);
        let world = World::random(&rng, WILD);
        let run = run_of(&world, &rng, correct).unwrap();
        let took_back = run.owners.iter().any(|owner| owner.took_back);
        let log = run.log;
        *seen
            .entry(match log.last().unwrap().after.status {
                Status::Completed => "completed",
                Status::Compensated => "compensated",
                _ => "needs an operator",
            })
            .or_default() += 1;
        let doubted = log.iter().any(|decision| {
            decision.before.status == Status::Compensating && decision.after.status == Status::Completed
        });
        *seen.entry("the pivot was done in doubt").or_default() += u32::from(doubted);
        let taken_back = log.last().unwrap().after.status == Status::Compensated && took_back;
        *seen.entry("the pivot was taken back").or_default() += u32::from(taken_back);
        let late = |event: &Event<()>| matches!(event, Event::StepDone { step, .. } if is_late(event, step));
        *seen.entry("undone late").or_default() +=
            u32::from(log.iter().flat_map(|decision| &decision.events).any(late));
        let resumed = log.iter().any(|decision| {
            decision.before.status == Status::NeedsOperator && !matches!(decision.after.status, Status::NeedsOperator)
        });
        *seen.entry("resumed").or_default() += u32::from(resumed);
    }
    assert!(seen.len() == 7 && seen.values().all(|times| *times >= 5), "{seen:?}");
}

#[test]
fn where_everybody_answers_in_time_every_saga_completes() {
    let calm = Size { calm: true, ..WILD };
    for seed in 0..500 {
        let world = World::random(&Rng::seeded(seed), calm);
        let ends = ordered(&world, false);
        let completed = BTreeSet::from(["Completed".to_owned()]);
        assert_eq!(ends.into_iter().map(|end| end.0).collect::<BTreeSet<_>>(), completed, "seed {seed}");
    }
}

/// What an end is compared by: the status, and which steps are done at their owners.
type End = (String, Vec<bool>);

fn end_of(run: &Run) -> End {
    let status = run.saga.status;
    let compared = |owner: usize| match status {
        Status::Completed | Status::Compensated => run.owners[owner].done && run.world.steps[owner].undoable,
        _ => run.world.steps[owner].is_pivot && run.owners[owner].done,
    };
    (format!("{status:?}"), (0..run.owners.len()).map(compared).collect())
}

/// A run, the messages under way in their order, and how much has happened outside.
type Ordered<'a> = (Run<'a>, Vec<(u32, Message)>, usize);

fn deliver<'a>(
    mut run: Run<'a>,
    mut under_way: Vec<(u32, Message)>,
    (id, message): (u32, Message),
    outside: usize,
) -> Ordered<'a> {
    for message in run.deliver(id, message) {
        let id = run.id();
        under_way.push((id, message));
    }
    run.log.clear();
    (run, under_way, outside)
}

/// Every end that single, ordered delivery allows, whenever the clock passes a deadline or something happens outside.
fn ordered(world: &World, clock: bool) -> BTreeSet<End> {
    let mut run = Run::new(world, correct);
    let start = (run.id(), Message::Start);
    let mut ends = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(run, vec![start], 0_usize)];
    while let Some((run, under_way, outside)) = open.pop() {
        let messages: Vec<Message> = under_way.iter().map(|(_, message)| *message).collect();
        let owners: Vec<_> = run.owners.iter().map(Owner::key).collect();
        let states: Vec<_> = run.saga.steps.iter().map(|(name, state)| (name.clone(), format!("{state:?}"))).collect();
        let key = (states, format!("{:?}{owners:?}{messages:?}{}", run.saga.status, run.saga.retries), outside);
        if !seen.insert(key) {
            continue;
        }
        if let Some(message) = world.outside.get(outside) {
            let mut run = run.clone();
            let id = run.id();
            open.push(deliver(run, under_way.clone(), (id, *message), outside + 1));
        }
        if let Some(deadline) = run.deadline().filter(|_| clock || under_way.is_empty()) {
            let mut run = run.clone();
            run.now = run.now.max(deadline);
            open.push(deliver(run, under_way.clone(), (0, Message::Deadline(deadline)), outside));
        }
        // Commands that do and all other messages are two queues, each in its order.
        let run_first = under_way.iter().position(|(_, message)| matches!(message, Message::Run(_)));
        let other_first = under_way.iter().position(|(_, message)| !matches!(message, Message::Run(_)));
        for index in run_first.into_iter().chain(other_first) {
            let mut rest = under_way.clone();
            let first = rest.remove(index);
            open.push(deliver(run.clone(), rest, first, outside));
        }
        if under_way.is_empty() && run.deadline().is_none() {
            ends.insert(end_of(&run));
        }
    }
    ends
}

#[test]
fn doubling_and_reordering_lead_to_no_end_that_ordered_delivery_does_not_allow() {
    let small = Size { stages: 2, steps: 2, outside: 2, calm: false };
    for seed in 0..150 {
        let world = World::random(&Rng::seeded(seed), small);
        let allowed = ordered(&world, true);
        for schedule in 0..20 {
            let rng = Rng::seeded(seed << 32 | schedule);
            let run = chaos(&world, &rng, correct, 0).unwrap();
            let end = end_of(&run);
            assert!(
                allowed.contains(&end),
                "seed {seed}, schedule {schedule}: {end:?} is none of {allowed:?}\n{}",
                told(&run)
            );
        }
    }
}
