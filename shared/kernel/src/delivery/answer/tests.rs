//! What is recorded of commands from outside.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::executor::block_on;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    App, Decider, Failure, Id, Outcome, Rejection, Route, commands,
    delivery::{Outcomes, source_of},
    memory::{Memory, MemoryOutcomes},
    time::Clock,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RaiseFlag {
    mast_id: Id<Mast>,
    times: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct FlagRaised {}

crate::events! {
    enum MastCommand: commands to "mast" by mast_id {
        RaiseFlag = 1,
    }
}

crate::events! {
    enum MastEvent: events of "mast" {
        FlagRaised = 1,
    }
}

#[derive(Debug)]
struct Mast;

#[derive(Debug, thiserror::Error)]
#[error("the mast has {0} flags")]
struct Full(usize);

impl Rejection for Full {
    fn rule(&self) -> &'static str {
        "Full"
    }
}

impl Decider for Mast {
    const CONTEXT: &'static str = "mast";
    type State = usize;
    type Command = MastCommand;
    type Event = MastEvent;
    type Rejection = Full;

    fn decide(flags: &usize, command: &MastCommand) -> Result<Vec<MastEvent>, Full> {
        let MastCommand::RaiseFlag(RaiseFlag { times, .. }) = command;
        match flags {
            10.. => Err(Full(*flags)),
            _ => Ok(vec![FlagRaised {}.into(); usize::from(*times)]),
        }
    }

    fn evolve(flags: usize, _: &MastEvent) -> usize {
        flags + 1
    }
}

fn route() -> Route {
    commands::<Mast>().remove(0)
}

fn delivery(source: &str, detail: &str) -> Delivery {
    Delivery {
        id: "from-the-bus".to_owned(),
        source: source.to_owned(),
        account: None,
        detail_type: "RaiseFlag".to_owned(),
        time: Timestamp::UNIX_EPOCH,
        detail: serde_json::value::RawValue::from_string(detail.to_owned()).unwrap(),
        replay_name: None,
    }
}

/// A command of the user `u-1`.
fn raise(id: &str, times: u8) -> Delivery {
    let detail =
        format!(r#"{{"eventId":"{id}","data":{{"mastId":"m-1","times":{times}}},"metadata":{{"userId":"u-1"}}}}"#);
    delivery("harbour", &detail)
}

fn handle(memory: &Memory, delivery: &Delivery) -> Outcome {
    block_on(route().handle(&memory.app(), delivery))
}

fn result(memory: &Memory, id: &str) -> Option<CommandResult> {
    block_on(memory.app().outcome(&id.parse().unwrap())).unwrap().map(|outcome| outcome.result)
}

fn events(first: u64, count: usize) -> Vec<AppendedEvent> {
    let stream = StreamId::parse("mast/m-1").unwrap();
    let versions = (first..).take(count);
    versions.map(|version| AppendedEvent { stream: stream.clone(), version, name: "FlagRaised".to_owned() }).collect()
}

#[test]
fn a_command_is_done_with_the_events_that_it_appended() {
    let memory = Memory::new(1);
    handle(&memory, &raise("c-1", 2)).unwrap();
    handle(&memory, &raise("c-2", 1)).unwrap();
    handle(&memory, &raise("c-3", 0)).unwrap();
    assert_eq!(result(&memory, "c-1"), Some(CommandResult::Done { events: events(1, 2), more_events: 0 }));
    assert_eq!(result(&memory, "c-2"), Some(CommandResult::Done { events: events(3, 1), more_events: 0 }));
    assert_eq!(result(&memory, "c-3"), Some(CommandResult::Done { events: Vec::new(), more_events: 0 }));
    assert_eq!(result(&memory, "c-4"), None);
    let recorded = memory.outcomes.all();
    assert_eq!((recorded[0].command.as_str(), recorded[0].user_id.as_deref()), ("RaiseFlag", Some("u-1")));
    assert_eq!(recorded[0].at, memory.clock.now());
}

#[test]
fn a_long_list_of_events_is_cut_and_counted() {
    let memory = Memory::new(1);
    handle(&memory, &raise("c-1", 20)).unwrap();
    assert_eq!(result(&memory, "c-1"), Some(CommandResult::Done { events: events(1, 8), more_events: 12 }));
}

#[test]
fn a_rejected_command_has_the_rule_and_the_reason() {
    let memory = Memory::new(1);
    handle(&memory, &raise("c-1", 10)).unwrap();
    assert_eq!(handle(&memory, &raise("c-2", 1)).unwrap(), Handled::Rejected);
    let (rule, reason) = ("Full".to_owned(), "the mast has 10 flags".to_owned());
    let stream = StreamId::parse("mast/m-1").unwrap();
    assert_eq!(result(&memory, "c-2"), Some(CommandResult::Rejected { stream, rule, reason }));
}

#[test]
fn a_copy_of_a_command_does_not_change_its_outcome() {
    let memory = Memory::new(1);
    handle(&memory, &raise("c-1", 10)).unwrap();
    let first = memory.outcomes.all();
    handle(&memory, &raise("c-1", 10)).unwrap();
    assert_eq!(memory.outcomes.all(), first, "the first execution's events, again");
    // More commands than a stream remembers: the copy is decided again, and rejected.
    for number in 0..40 {
        handle(&memory, &raise(&format!("later-{number}"), 1)).unwrap();
    }
    handle(&memory, &raise("c-1", 10)).unwrap();
    assert!(memory.outcomes.all().contains(&first[0]));
}

#[test]
fn a_command_that_cannot_be_handled_is_dead_lettered_under_its_id() {
    let memory = Memory::new(1);
    for (detail, id) in
        [(r#"{"eventId":"c-1","data":{"mastId":"m-1"}}"#, "c-1"), (r#"{"data":{"mastId":"m-1"}}"#, "from-the-bus")]
    {
        assert_eq!(handle(&memory, &delivery("harbour", detail)).unwrap(), Handled::DeadLettered);
        let Some(CommandResult::DeadLettered { reason, explanation }) = result(&memory, id) else { panic!("{detail}") };
        assert_eq!(reason, "MALFORMED");
        assert!(explanation.contains("times"), "{explanation}");
    }
    let nameless = delivery("harbour", r#"{"eventId":"c/1","data":{}}"#);
    assert_eq!(handle(&memory, &nameless).unwrap(), Handled::DeadLettered, "an id that is none has no outcome");
    assert_eq!(memory.outcomes.all().len(), 2);
}

#[test]
fn only_commands_from_outside_are_recorded() {
    let memory = Memory::new(1);
    let inside = Delivery { source: source_of("saga"), ..raise("c-1", 1) };
    assert_eq!(handle(&memory, &inside).unwrap(), Handled::Done);
    let broken = delivery(&source_of("saga"), "{}");
    assert_eq!(handle(&memory, &broken).unwrap(), Handled::DeadLettered);
    assert_eq!(memory.outcomes.all(), []);
}

/// A store that fails this many times.
struct Failing(AtomicU32, MemoryOutcomes);

#[async_trait]
impl Outcomes for Failing {
    async fn record(&self, outcome: &CommandOutcome) -> Result<(), OutcomeError> {
        if self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            return Err(OutcomeError { command: outcome.command_id.clone(), source: "throttled".into() });
        }
        self.1.record(outcome).await
    }

    async fn outcome(&self, command: &MessageId, now: Timestamp) -> Result<Option<CommandOutcome>, OutcomeError> {
        self.1.outcome(command, now).await
    }
}

#[test]
fn a_command_is_retried_until_its_outcome_is_recorded() {
    for (failures, retried) in [(0, false), (2, false), (3, true)] {
        let memory = Memory::new(1);
        let outcomes = Arc::new(Failing(AtomicU32::new(failures), MemoryOutcomes::default()));
        let app = App::new(Ports { outcomes: outcomes.clone(), ..memory.ports() });
        let first = block_on(route().handle(&app, &raise("c-1", 1)));
        assert_eq!(matches!(first, Err(Failure::Transient(_))), retried, "{failures} failures");
        assert_eq!(outcomes.1.all().is_empty(), retried);
        block_on(route().handle(&app, &raise("c-1", 1))).unwrap();
        assert_eq!(outcomes.1.all()[0].result, CommandResult::Done { events: events(1, 1), more_events: 0 });
    }
}
