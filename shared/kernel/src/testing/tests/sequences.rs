//! Recorders and simulated sequences.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use jiff::SignedDuration;

use super::lamp::{DimLamp, Lamp, LampCommand, LampLit, LampWear, Wear, lamp, minute};
use crate::{
    app::App,
    delivery::{
        receive::receive,
        relay::relay,
        route::{Route, route},
    },
    failure::{Handled, Outcome},
    memory::Memory,
    message::{
        envelope::{Cause, Received},
        id::StreamId,
    },
    testing::{Recorder, Sequence},
};

fn complaint<T>(check: impl FnOnce() -> T) -> String {
    let words = catch_unwind(AssertUnwindSafe(check)).err().expect("the check must fail");
    words.downcast_ref::<String>().cloned().expect("the complaint is a text")
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

/// A lamp is lit, dimmed, and all of it said on the bus.
fn a_short_evening(memory: &Memory) {
    let app = memory.app();
    block_on(async {
        let cause = Cause::new("c-1".parse().unwrap(), "LightLamp");
        app.execute::<Lamp>(&lamp(), &LampCommand::Light { until: minute(10) }, &cause).await.unwrap();
        let cause = Cause::new("c-2".parse().unwrap(), "DimLamp");
        app.execute::<Lamp>(&lamp(), &LampCommand::Dim { now: minute(10) }, &cause).await.unwrap();
        for said in relay(&app, memory.store.changes(0)).await {
            said.unwrap();
        }
    });
}

#[test]
fn a_recorder_on_the_bus_is_asked_what_came() {
    let memory = Memory::new(1);
    let recorder = Recorder::on_bus(&memory.bus);
    a_short_evening(&memory);
    recorder.expect_exactly(["LampLit", "LampDimmed", "DimLamp"]);
    recorder.expect_sequence(["LampLit", "DimLamp"]);
    recorder.expect_none("LampFed");
    let body = recorder.expect_event("LampLit", |body| body["until"] == minute(10).to_string());
    assert!(body.is_object());
    let lit = recorder.expect::<LampLit>(|lit| lit.until > minute(9));
    assert_eq!(lit, LampLit { until: minute(10) });
}

#[test]
fn a_recorder_on_the_log_begins_when_it_is_made() {
    let memory = Memory::new(1);
    let early = Recorder::on_store(&memory.store);
    a_short_evening(&memory);
    let late = Recorder::on_store(&memory.store);
    early.expect_exactly(["LampLit", "LampDimmed"]);
    late.expect_exactly([]);
}

#[test]
fn a_recorder_says_what_came_instead() {
    let memory = Memory::new(1);
    let recorder = Recorder::on_bus(&memory.bus);
    a_short_evening(&memory);
    let words = complaint(|| recorder.expect_event("LampFed", |_| true));
    assert_eq!(words, r#"no LampFed came, but ["LampLit", "LampDimmed", "DimLamp"]"#);
    let words = complaint(|| recorder.expect_event("LampLit", |_| false));
    assert!(words.contains("none as expected") && words.contains("until"), "{words}");
    let words = complaint(|| recorder.expect::<LampLit>(|_| false));
    assert!(words.contains("none as expected"), "{words}");
    let words = complaint(|| recorder.expect_sequence(["DimLamp", "LampLit"]));
    assert!(words.contains("LampLit did not come in its place"), "{words}");
    let words = complaint(|| recorder.expect_exactly(["LampLit"]));
    assert!(words.contains("+"), "{words}");
    let words = complaint(|| recorder.expect_none("LampLit"));
    assert!(words.contains("no LampLit was to come"), "{words}");
}

#[test]
fn a_sequence_is_a_chain_of_deliveries() {
    let stream = StreamId::new("lamp", &lamp());
    let sequence = Sequence::new(stream.clone())
        .at(minute(0))
        .fact(&LampLit { until: minute(10) })
        .after(SignedDuration::from_mins(10))
        .command(&DimLamp {})
        .redelivered()
        .from_version(7)
        .fact(&LampLit { until: minute(20) });
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
    assert_ne!(deliveries[1].id, deliveries[2].id, "the transport's id is another each time");
    assert_eq!((lit_again.version, lit_again.metadata.hops), (Some(8), 2));
    let shuffled = sequence.shuffled(3).deliveries();
    assert_ne!(names_and_ids(&shuffled), names_and_ids(&deliveries));
    assert_eq!(shuffled.len(), 4);
}

fn names_and_ids(deliveries: &[crate::Delivery]) -> Vec<(&str, &str)> {
    deliveries.iter().map(|delivery| (delivery.detail_type.as_str(), delivery.id.as_str())).collect()
}

#[test]
fn a_sequence_feeds_routes() {
    let memory = Memory::new(1);
    a_short_evening(&memory);
    let sequence = Sequence::new(StreamId::new("lamp", &lamp()))
        .at(minute(0))
        .fact(&LampLit { until: minute(10) })
        .redelivered()
        .command(&DimLamp {});
    let outcomes = block_on(sequence.feed(&memory.app(), &routes()));
    let handled: Vec<Handled> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(handled, [Handled::Done, Handled::Duplicate, Handled::Done]);
    let row = block_on(memory.app().row::<LampWear>("l-1")).unwrap();
    assert_eq!(row, Some(Wear { lit: 1, since: Some(minute(0)) }));
}
