//! Rows of the past: after every event they are what the projection had written by then.

use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{
    Cause, Patch,
    memory::Memory,
    testing::tests::{Lamp, LampCommand, LampEvent, LampWear, lamp, minute},
};

/// A row for each lighting of a lamp.
struct Lightings;

impl View for Lightings {
    const NAME: &'static str = "lightings";
    const GRAIN: Grain = Grain::Event;
    type Event = LampEvent;
    type Row = serde_json::Value;

    fn patch(_: &StreamId, event: &Recorded<LampEvent>) -> Patch {
        match &event.event {
            LampEvent::LampLit(lit) => Patch::none().set("until", lit.until),
            LampEvent::LampDimmed(_) | LampEvent::LampFed(_) => Patch::none(),
        }
    }
}

/// Lit, fed twice in one commit, dimmed, lit again: versions 1 to 5, a minute apart.
fn five_events() -> Memory {
    let memory = Memory::new(1);
    let commands = [
        LampCommand::Light { until: minute(2) },
        LampCommand::Drip { times: 2 },
        LampCommand::Dim { now: minute(2) },
        LampCommand::Light { until: minute(9) },
    ];
    for (number, command) in commands.iter().enumerate() {
        let cause = Cause::new(format!("c-{number}").parse().unwrap(), "Lamp");
        block_on(memory.app().try_execute::<Lamp>(&lamp(), command, &cause)).unwrap();
        memory.clock.advance(jiff::SignedDuration::from_mins(1));
    }
    memory
}

fn row<V: View>(memory: &Memory, id: &str, at: Moment) -> Option<Row> {
    block_on(ViewFold::of::<V>().row_at(memory.store.as_ref(), id, at)).unwrap()
}

#[test]
fn a_row_is_known_for_every_version_and_time() {
    let memory = five_events();
    let lit = |at| row::<LampWear>(&memory, "l-1", at).map(|row| (row.version, row.columns["lit"].clone()));
    let at_version = |version| lit(Moment::Version(version));
    assert_eq!(at_version(0), None);
    assert_eq!(
        [1, 2, 3, 4, 5].map(at_version),
        [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2)].map(|(v, n)| Some((v, json!(n))))
    );
    assert_eq!(lit(Moment::Time(minute(-1))), None);
    assert_eq!([0, 1, 2, 3].map(|at| lit(Moment::Time(minute(at))).map(|row| row.0)), [1, 3, 4, 5].map(Some));
    assert_eq!(lit(Moment::Now), lit(Moment::Version(5)));
    let typed = block_on(memory.app().row_at::<LampWear>("l-1", Moment::Version(4))).unwrap().unwrap();
    assert_eq!((typed.lit, typed.since), (1, None));
}

#[test]
fn a_row_per_event_is_there_once_its_event_has_happened() {
    let memory = five_events();
    let until = |id, at| row::<Lightings>(&memory, id, at).map(|row| row.columns["until"].clone());
    assert_eq!(until("l-1/5", Moment::Now), Some(json!(minute(9))));
    assert_eq!(until("l-1/5", Moment::Version(4)), None);
    assert_eq!(until("l-1/4", Moment::Now), None, "its patch is empty");
}

#[test]
fn an_id_that_names_no_stream_is_an_error() {
    let error = |fold: ViewFold, id| fold.begin(id).unwrap_err().to_string();
    assert_eq!(error(ViewFold::of::<LampWear>(), "a b"), "lamp-wear has no row of the id \"a b\"");
    assert!(error(ViewFold::of::<Lightings>(), "l-1").contains("/<version of the event>"));
}
