//! The test kit itself: correct expectations pass, and wrong ones fail with a message that names the difference.

mod lamp;
mod seeded;
mod spy_store;

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use jiff::SignedDuration;

use crate::{
    App, Cause, Effect, Handled, Id, Outcome, Received, Route, StreamId,
    delivery::{receive, relay},
    memory::Memory,
    route,
    saga::process::Status,
    testing::{Recorder, Sequence, assert_idempotent, given, given_process, given_view},
    view::ListPosition,
};

pub(crate) use super::ports::fixture::*;
pub(crate) use lamp::*;
pub(crate) use seeded::{first_broken, hold};
pub(crate) use spy_store::SpyStore;

/// The message of the panic of a failed expectation.
pub(crate) fn failure_message<T>(check: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(check)).err().expect("the expectation must fail");
    panic.downcast_ref::<String>().cloned().expect("the message is a String")
}

fn light() -> LampCommand {
    LampCommand::Light { until: minute(10) }
}

fn send_to_ward() -> Effect {
    Effect::send::<Lamp, _>(&Id::new("ward").unwrap(), &DimLamp {})
}

#[test]
fn correct_expectations_of_a_decider_pass() {
    given::<Lamp>([])
        .when(light())
        .then([lit()])
        .then_effects([Effect::set_timer("dusk", minute(10), &DimLamp {})])
        .then_sends([])
        .when(light())
        .then_nothing()
        .when(LampCommand::Dim { now: minute(10) })
        .then([dimmed()])
        .then_sends([send_to_ward()])
        .then_timers([Effect::cancel_timer("dusk")])
        .then_state(LampState { until: None, dimmed: 1, drops: 0 });
    given::<Lamp>([lit()])
        .when(LampCommand::Light { until: minute(11) })
        .then_rejected(LampRejection::Burning { until: minute(10) })
        .then_rejected_by("Burning");
}

#[test]
fn wrong_expectations_of_a_decider_show_the_difference() {
    let message = failure_message(|| given::<Lamp>([]).when(light()).then([lit(), dimmed()]));
    assert!(message.contains("the command has other events"), "{message}");
    assert!(message.lines().any(|line| line.starts_with("- ") && line.contains("LampDimmed")), "{message}");
    assert!(message.lines().any(|line| line.starts_with("  ") && line.contains("LampLit")), "{message}");
    let message = failure_message(|| given::<Lamp>([]).when(light()).then_nothing());
    assert!(message.lines().any(|line| line.starts_with("+ ") && line.contains("LampLit")), "{message}");
    let message = failure_message(|| given::<Lamp>([]).when(light()).then_rejected_by("Burning"));
    assert!(message.contains("not rejected by Burning"), "{message}");
    let message = failure_message(|| given::<Lamp>([]).when(LampCommand::Feed { drops: 101 }).then_nothing());
    assert!(message.contains("rejected by TooMuch: a lamp takes no 101 drops"), "{message}");
    let other = LampRejection::TooMuch { drops: 1 };
    let message = failure_message(|| given::<Lamp>([]).when(LampCommand::Feed { drops: 101 }).then_rejected(other));
    assert!(message.contains("another reason"), "{message}");
    let message = failure_message(|| given::<Lamp>([]).when(light()).then_effects([]));
    assert!(message.contains("dusk"), "{message}");
    let message = failure_message(|| given::<Lamp>([lit()]).when(LampCommand::Flicker).then_sends([]));
    assert!(message.contains("DimLamp"), "{message}");
    let message = failure_message(|| given::<Lamp>([]).when(light()).then_timers([]));
    assert!(message.contains("other timers"), "{message}");
    let message = failure_message(|| given::<Lamp>([]).when(light()).then_state(LampState::default()));
    assert!(message.contains("the state is another"), "{message}");
}

#[test]
fn a_view_is_tested_by_its_row_and_position() {
    let view = || given_view::<LampWear>([lit(), dimmed(), lit()]);
    view()
        .at(minute(0))
        .interval(SignedDuration::from_mins(5))
        .then_row(Wear { lit: 2, since: Some(minute(10)) })
        .then_position(Some(ListPosition { list: "burning".to_owned(), sort_key: "s-1".to_owned() }));
    given_view::<LampWear>([lit()])
        .on(StreamId::parse("lamp/l-7").unwrap())
        .then_position(Some(ListPosition { list: "burning".to_owned(), sort_key: "l-7".to_owned() }));
    assert_eq!(view().row().version, 3);
    let message = failure_message(move || view().then_row(Wear { lit: 1, since: None }));
    assert!(message.contains("-     lit: 1,") && message.contains("+     lit: 2,"), "{message}");
    let message = failure_message(|| given_view::<LampWear>([dimmed()]).then_row(Wear { lit: 0, since: None }));
    assert!(message.contains("cannot be decoded: missing field `lit`"), "{message}");
    let message = failure_message(|| given_view::<LampWear>([lit()]).then_position(None));
    assert!(message.contains("another position"), "{message}");
}

#[test]
fn a_process_is_tested_with_a_given_time() {
    let until = minute(10);
    given_process::<Lamp>()
        .then_status(Status::NotStarted)
        .when(|_| LampCommand::Light { until })
        .then([lit()])
        .then_sends([])
        .then_status(Status::Running)
        .then_waits_for(["dusk"])
        .then_due([])
        .after(SignedDuration::from_mins(9))
        .when(|now| LampCommand::Dim { now })
        .then_nothing()
        .at(until)
        .then_due(["dusk"])
        .then_waits_for([])
        .when(|now| LampCommand::Dim { now })
        .then_status(Status::Completed)
        .then_sends([send_to_ward()])
        .then_due([])
        .when(|now| LampCommand::Dim { now })
        .then_nothing();
}

#[test]
fn a_rejected_command_leaves_a_process_as_it_is() {
    let process = given_process::<Lamp>().at(minute(3)).when(|_| light()).when(|_| LampCommand::Feed { drops: 101 });
    let process = process.then_status(Status::Running).then_waits_for(["dusk"]);
    assert_eq!((process.now(), process.state().until), (minute(3), Some(minute(10))));
    assert_eq!(given::<Lamp>([lit()]).state(), process.state());
}

#[test]
fn a_process_that_leaves_its_final_status_fails() {
    let completed = || given_process::<Lamp>().when(|_| light()).at(minute(10)).when(|now| LampCommand::Dim { now });
    completed().then_status(Status::Completed);
    let message = failure_message(move || completed().when(|_| LampCommand::Flicker));
    assert_eq!(message, "the process left its final status: it was Completed and is NeedsOperator");
    let message = failure_message(|| given_process::<Lamp>().then_status(Status::Running));
    assert!(message.contains("another status"), "{message}");
    let message = failure_message(|| given_process::<Lamp>().then_nothing());
    assert_eq!(message, "the process has had no command yet");
    let message = failure_message(|| given_process::<Lamp>().when(|_| light()).then_waits_for([]));
    assert!(message.contains("dusk"), "{message}");
    let message = failure_message(|| given_process::<Lamp>().when(|_| light()).at(minute(10)).then_due([]));
    assert!(message.contains("dusk"), "{message}");
}

#[test]
fn a_command_with_a_second_effect_fails() {
    assert_idempotent::<Lamp>([], &light());
    assert_idempotent::<Lamp>([lit()], &LampCommand::Dim { now: minute(10) });
    assert_idempotent::<Lamp>([], &LampCommand::Feed { drops: 101 });
    assert_idempotent::<Lamp>([], &LampCommand::Feed { drops: 3 });
    let message = failure_message(|| assert_idempotent::<Lamp>([], &LampCommand::Flicker));
    assert_eq!(message, r#"executed twice, the command adds ["LampDimmed"] the second time"#);
}

async fn on_lamp_lit(app: App, event: Received<LampLit>) -> Outcome {
    app.project::<LampWear>(&event).await
}

async fn on_dim_lamp(app: App, command: Received<DimLamp>) -> Outcome {
    let now = command.timestamp;
    app.execute::<Lamp>(&lamp(), &LampCommand::Dim { now }, &command.cause()).await
}

fn routes() -> Vec<Route> {
    vec![route("lamp", on_lamp_lit), route("lamp", on_dim_lamp)]
}

/// Lights and dims a lamp, and relays both commits.
fn light_and_dim(memory: &Memory) {
    let app = memory.app();
    block_on(async {
        let cause = Cause::new("c-1".parse().unwrap(), "LightLamp");
        app.execute::<Lamp>(&lamp(), &LampCommand::Light { until: minute(10) }, &cause).await.unwrap();
        let cause = Cause::new("c-2".parse().unwrap(), "DimLamp");
        app.execute::<Lamp>(&lamp(), &LampCommand::Dim { now: minute(10) }, &cause).await.unwrap();
        for result in relay(app.ports(), memory.store.changes(0)).await {
            result.unwrap();
        }
    });
}

#[test]
fn a_recorder_on_the_bus_has_the_published_messages() {
    let memory = Memory::new(1);
    let recorder = Recorder::on_bus(&memory.bus);
    light_and_dim(&memory);
    recorder.expect_exactly(["LampLit", "LampDimmed", "DimLamp"]);
    recorder.expect_sequence(["LampLit", "DimLamp"]);
    recorder.expect_none("LampFed");
    let body = recorder.expect_event("LampLit", |body| body["until"] == minute(10).to_string());
    assert!(body.is_object());
    let lit = recorder.expect::<LampLit>(|lit| lit.until > minute(9));
    assert_eq!(lit, LampLit { until: minute(10) });
}

#[test]
fn a_recorder_on_the_log_begins_with_its_creation() {
    let memory = Memory::new(1);
    let early = Recorder::on_store(&memory.store);
    light_and_dim(&memory);
    let late = Recorder::on_store(&memory.store);
    early.expect_exactly(["LampLit", "LampDimmed"]);
    late.expect_exactly([]);
}

#[test]
fn a_failed_expectation_shows_the_recorded_messages() {
    let memory = Memory::new(1);
    let recorder = Recorder::on_bus(&memory.bus);
    light_and_dim(&memory);
    let message = failure_message(|| recorder.expect_event("LampFed", |_| true));
    assert_eq!(message, r#"no LampFed was recorded, but ["LampLit", "LampDimmed", "DimLamp"]"#);
    let message = failure_message(|| recorder.expect_event("LampLit", |_| false));
    assert!(message.contains("no recorded LampLit matches") && message.contains("until"), "{message}");
    let message = failure_message(|| recorder.expect::<LampFed>(|_| true));
    assert_eq!(message, r#"no LampFed was recorded, but ["LampLit", "LampDimmed", "DimLamp"]"#);
    let message = failure_message(|| recorder.expect::<LampLit>(|_| false));
    assert!(message.contains("no recorded LampLit matches"), "{message}");
    let message = failure_message(|| recorder.expect_sequence(["DimLamp", "LampLit"]));
    assert!(message.contains("LampLit is missing in the sequence"), "{message}");
    let message = failure_message(|| recorder.expect_exactly(["LampLit"]));
    assert!(message.contains("+"), "{message}");
    let message = failure_message(|| recorder.expect_none("LampLit"));
    assert!(message.contains("unexpected LampLit"), "{message}");
}

#[test]
fn a_sequence_is_a_chain_of_causes() {
    let stream = StreamId::new("lamp", &lamp());
    let sequence = Sequence::new(stream.clone())
        .at(minute(0))
        .event(&LampLit { until: minute(10) })
        .after(SignedDuration::from_mins(10))
        .command(&DimLamp {})
        .redelivered()
        .from_version(7)
        .event(&LampLit { until: minute(20) });
    let deliveries = sequence.deliveries();
    let lit: Received<LampLit> = receive(&deliveries[0]).unwrap();
    let dim: Received<DimLamp> = receive(&deliveries[1]).unwrap();
    let dim_again: Received<DimLamp> = receive(&deliveries[2]).unwrap();
    let lit_again: Received<LampLit> = receive(&deliveries[3]).unwrap();
    assert_eq!((lit.version, lit.timestamp, &lit.stream), (Some(1), minute(0), &Some(stream)));
    assert_eq!((dim.version, dim.timestamp), (None, minute(10)));
    assert_eq!((&dim.metadata.causation_id, dim.metadata.hops), (&lit.id, 1));
    assert_eq!(dim.metadata.correlation_id, lit.id);
    assert_eq!(dim, dim_again);
    assert_ne!(deliveries[1].id, deliveries[2].id, "each delivery has its own transport id");
    assert_eq!((lit_again.version, lit_again.metadata.hops), (Some(8), 2));
    assert_eq!(lit_again.metadata.causation_id, dim.id);
    let shuffled = sequence.shuffled(3).deliveries();
    assert_ne!(names_and_ids(&shuffled), names_and_ids(&deliveries));
    assert_eq!(shuffled.len(), 4);
}

fn names_and_ids(deliveries: &[crate::Delivery]) -> Vec<(&str, &str)> {
    deliveries.iter().map(|delivery| (delivery.detail_type.as_str(), delivery.id.as_str())).collect()
}

#[test]
fn a_sequence_feeds_the_routes() {
    let memory = Memory::new(1);
    light_and_dim(&memory);
    let sequence = Sequence::new(StreamId::new("lamp", &lamp()))
        .at(minute(0))
        .event(&LampLit { until: minute(10) })
        .redelivered()
        .command(&DimLamp {});
    let outcomes = block_on(sequence.feed(&memory.app(), &routes()));
    let handled: Vec<Handled> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(handled, [Handled::Done, Handled::Duplicate, Handled::Done]);
    let row = block_on(memory.app().row::<LampWear>("l-1")).unwrap();
    assert_eq!(row, Some(Wear { lit: 1, since: Some(minute(0)) }));
}
