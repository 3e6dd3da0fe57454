//! A command on a past state, the differences of states, and counts by type and time.

use std::sync::Arc;

use futures::executor::block_on;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::{
    App, Cause, Delivery, Outcome, Received, Right, Route, StreamId,
    log::{EventStore as _, Moment},
    memory::Memory,
    route,
    testing::{
        ports::fixture::raw,
        tests::{Lamp, LampCommand, lamp, minute},
    },
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LightLamp {
    minutes: i64,
}

crate::events! {
    #[expect(dead_code, reason = "only its member is used")]
    enum LampOrders: commands to "lamp" { LightLamp = 1 }
}

async fn on_light_lamp(app: App, light: Received<LightLamp>) -> Outcome {
    let until = minute(light.data.minutes);
    app.execute::<Lamp>(&lamp(), &LampCommand::Light { until }, &light.cause()).await
}

fn light_route() -> Route {
    route("lamp", on_light_lamp)
}

fn light_command(data: &Value) -> Delivery {
    Delivery {
        id: "d-1".to_owned(),
        source: "cli".to_owned(),
        account: None,
        detail_type: "LightLamp".to_owned(),
        time: minute(0),
        detail: raw(&json!({ "eventId": "what-if", "data": data })),
        replay_name: None,
    }
}

fn stream() -> StreamId {
    StreamId::new("lamp", &lamp())
}

/// Fed three drops in one commit, lit, dimmed: versions 1 to 5, a minute apart.
fn five_events() -> Memory {
    let memory = Memory::new(1);
    let commands =
        [LampCommand::Drip { times: 3 }, LampCommand::Light { until: minute(2) }, LampCommand::Dim { now: minute(2) }];
    for (number, command) in commands.iter().enumerate() {
        let cause = Cause::new(format!("c-{number}").parse().unwrap(), "Lamp");
        block_on(memory.app().try_execute::<Lamp>(&lamp(), command, &cause)).unwrap();
        memory.clock.advance(jiff::SignedDuration::from_mins(1));
    }
    memory
}

fn ask(memory: &Memory, at: Moment) -> Result<Hypothetical, WhatIfError> {
    let past = Past { log: memory.store.clone(), stream: stream(), at, now: minute(60) };
    block_on(what_if(&light_route(), &past, &light_command(&json!({ "minutes": 9 }))))
}

#[test]
fn a_command_is_decided_on_the_state_of_a_version_or_time_and_nothing_is_written() {
    let memory = five_events();
    let before = format!("{:?}", memory.store.changes(0));
    let appended = |at| {
        let answer = ask(&memory, at).unwrap();
        assert_eq!(answer.streams, [stream()]);
        let commit =
            answer.commits.into_iter().next().map(|commit| (commit.version, commit.events[0].name.clone(), commit.at));
        (commit, answer.rejected.map(|rejected| rejected.rule))
    };
    let lit = |version, at| (Some((version, "LampLit".to_owned(), at)), None);
    // Version 2 is inside of the first commit.
    assert_eq!(appended(Moment::Version(2)), lit(3, minute(0)));
    assert_eq!(appended(Moment::Version(0)), lit(1, minute(60)));
    assert_eq!(appended(Moment::Version(4)), (None, Some("Burning".to_owned())));
    assert_eq!(appended(Moment::Time(minute(1))), (None, Some("Burning".to_owned())));
    assert_eq!(appended(Moment::Time(minute(2))), lit(6, minute(2)));
    assert_eq!(appended(Moment::Now), lit(6, minute(60)));
    assert_eq!(format!("{:?}", memory.store.changes(0)), before);
    assert!(memory.bus.deliveries().is_empty());
    let typed = |at| block_on(memory.app().decide_at::<Lamp>(&lamp(), at, &LampCommand::Light { until: minute(9) }));
    assert_eq!(
        typed(Moment::Version(4)).unwrap().unwrap_err().to_string(),
        "the lamp burns until 2026-01-01T00:02:00Z"
    );
    assert_eq!(typed(Moment::Version(5)).unwrap().unwrap().len(), 1);
}

#[test]
fn the_streams_of_an_answer_are_those_that_the_handler_read() {
    let memory = five_events();
    let other = StreamId::parse("lamp/l-2").unwrap();
    for at in [Moment::Now, Moment::Version(2), Moment::Time(minute(1))] {
        let past = Past { log: memory.store.clone(), stream: other.clone(), at, now: minute(60) };
        let command = light_command(&json!({ "minutes": 9 }));
        assert_eq!(block_on(what_if(&light_route(), &past, &command)).unwrap().streams, [stream()]);
    }
}

#[test]
fn a_malformed_command_an_event_and_a_handler_that_needs_more_than_the_log_are_errors() {
    let memory = five_events();
    let past = Past { log: memory.store.clone(), stream: stream(), at: Moment::Now, now: minute(60) };
    let ask = |route: &Route, data| block_on(what_if(route, &past, &light_command(&data))).unwrap_err().to_string();
    assert!(ask(&light_route(), json!({ "minutes": "nine" })).starts_with("MALFORMED: LightLamp v1, field minutes"));
    let views = light_route().with([Right::ReadViews]);
    assert_eq!(
        ask(&views, json!({ "minutes": 9 })),
        "lamp-on-light-lamp also needs ReadViews, and only the log has a past"
    );
    let mut event = light_route();
    event.kind = crate::Kind::Event;
    assert_eq!(ask(&event, json!({ "minutes": 9 })), "LightLamp is an event: only a command is decided");
}

#[test]
fn the_log_of_the_past_takes_appends_that_only_it_can_read() {
    let memory = five_events();
    let store = PastStore::new(memory.store.clone(), stream(), Moment::Version(2));
    let memory = Memory { store: memory.store.clone(), ..Memory::new(2) };
    let store = Arc::new(store);
    let app = App::new(crate::Ports { store: store.clone(), ..memory.ports() });
    for (number, drops) in [(1, 4), (2, 5)] {
        let cause = Cause::new(format!("w-{number}").parse().unwrap(), "Lamp");
        block_on(app.try_execute::<Lamp>(&lamp(), &LampCommand::Feed { drops }, &cause)).unwrap();
    }
    assert_eq!(block_on(app.state::<Lamp>(&lamp())).unwrap().drops, 2 + 4 + 5);
    let versions = |commits: Vec<crate::log::Commit>| commits.iter().map(|commit| commit.version).collect::<Vec<_>>();
    assert_eq!(versions(block_on(store.since(&stream(), 1)).unwrap()), [1, 3, 4]);
    assert_eq!(versions(store.appended()), [3, 4]);
    assert_eq!(memory.store.changes(0).len(), 3);
}

#[test]
fn differences_are_the_smallest_fields_that_differ() {
    let before = json!({ "status": "placed", "lines": [{ "sku": "mug", "quantity": 1 }], "note": null, "same": [1] });
    let after =
        json!({ "status": "paid", "lines": [{ "sku": "mug", "quantity": 2 }, "gift"], "paidBy": "ada", "same": [1] });
    let found = differences(&before, &after);
    let lines: Vec<String> = found.iter().map(|one| format!("{} {:?} {:?}", one.path, one.before, one.after)).collect();
    let text = |value: Value| format!("{:?}", Some(value));
    let expected = [
        format!("status {} {}", text(json!("placed")), text(json!("paid"))),
        format!("lines.0.quantity {} {}", text(json!(1)), text(json!(2))),
        format!("lines.1 None {}", text(json!("gift"))),
        format!("note {} None", text(json!(null))),
        format!("paidBy None {}", text(json!("ada"))),
    ];
    let (mut lines, mut expected) = (lines, expected.to_vec());
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
    assert_eq!(differences(&json!("off"), &json!({ "on": 1 })).len(), 1);
    assert!(differences(&after, &after).is_empty());
}

#[test]
fn events_are_counted_from_the_first_time_to_before_the_second() {
    let count = |from, to| {
        let mut count = EventCount::between(from, to).unwrap();
        for (event_type, at) in [("A", 0), ("B", 1), ("A", 1), ("A", 2)] {
            count.add(event_type, minute(at));
        }
        (count.of("A"), count.of("B"), count.of("C"), count.types().count())
    };
    assert_eq!(count(None, None), (3, 1, 0, 2));
    assert_eq!(count(Some(minute(1)), Some(minute(2))), (1, 1, 0, 2));
    assert_eq!(count(Some(minute(2)), None), (1, 0, 0, 1));
    assert_eq!(count(None, Some(minute(1))), (1, 0, 0, 1));
    let error = EventCount::between(Some(minute(1)), Some(minute(1))).unwrap_err();
    assert_eq!(error.to_string(), "to: 2026-01-01T00:01:00Z must be later than from, which is 2026-01-01T00:01:00Z");
}
