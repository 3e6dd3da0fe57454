//! Routes declared by type: which messages they have, and what their handlers do.

use futures::executor::block_on;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    Claimed, Handled,
    command::Once,
    delivery::{Entry, VerificationPolicy, VerifyEvents},
    log::Recorded,
    memory::Memory,
    message::Id,
    ports::Ports,
    testing::{
        Sequence,
        tests::{LampEvent, LampLit, LampWear, minute},
    },
    time::Clock,
    view::{Patch, RowKey, ViewStore},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TurnOn {
    switch_id: Id<Switch>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TurnOff {
    switch_id: Id<Switch>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Turned {
    on: bool,
}

crate::events! {
    enum SwitchCommand: commands to "switch" by switch_id {
        TurnOn = 1,
        TurnOff = 1,
    }
}

crate::events! {
    enum SwitchEvent: events of "switch" {
        Turned = 1,
    }
}

#[derive(Debug)]
struct Switch;

impl Decider for Switch {
    const CONTEXT: &'static str = "switch";
    const ONCE: Once<SwitchCommand> = Once::Messages(&[TurnOff::NAME], SwitchCommand::name);
    type State = ();
    type Command = SwitchCommand;
    type Event = SwitchEvent;
    type Rejection = std::convert::Infallible;

    fn decide((): &(), command: &SwitchCommand) -> Result<Vec<SwitchEvent>, Self::Rejection> {
        Ok(vec![Turned { on: matches!(command, SwitchCommand::TurnOn(_)) }.into()])
    }

    fn evolve((): (), _: &SwitchEvent) {}
}

/// A second view of the same events.
struct LampEvents;

impl View for LampEvents {
    const NAME: &'static str = "lamp-events";
    type Event = LampEvent;
    type Row = serde_json::Value;

    fn patch(_: &StreamId, _: &Recorded<LampEvent>) -> Patch {
        Patch::none().add("events", 1)
    }
}

fn handle_unverified(memory: &Memory, route: &Route, delivery: &Delivery) {
    let verification = VerificationPolicy { account: None, verify_events: VerifyEvents::None };
    let app = App::new(Ports { verification, ..memory.ports() });
    block_on(route.handle(&app, delivery)).unwrap();
}

fn functions(routes: &[Route]) -> Vec<String> {
    routes.iter().map(Route::function).collect()
}

#[test]
fn the_commands_of_a_decider_are_routes_that_append_to_the_addressed_stream() {
    let routes = commands::<Switch>();
    assert_eq!(functions(&routes), ["switch-on-turn-on", "switch-on-turn-off"]);
    assert_eq!(routes.iter().map(|route| route.role).collect::<Vec<_>>(), [Role::Decide, Role::DecideOnce]);
    for route in &routes {
        assert!(matches!(route.binding, Binding::Command { decider } if decider.ends_with("::Switch")));
    }

    let (memory, stream) = (Memory::new(1), StreamId::parse("switch/s-1").unwrap());
    let command = TurnOn { switch_id: Id::new("s-1").unwrap() };
    let delivery = Sequence::new(stream.clone()).command(&command).deliveries().remove(0);
    handle_unverified(&memory, &routes[0], &delivery);
    let commits = memory.store.changes(0);
    assert_eq!(commits.iter().map(|commit| &commit.stream).collect::<Vec<_>>(), [&stream]);
    let entry = Entry::from_context("switch", commits[0].event_envelope(0).unwrap());
    assert_eq!((entry.source.as_str(), entry.time()), ("causeway.switch", memory.clock.now()));
}

#[test]
fn the_events_of_views_are_routes_that_update_all_of_them() {
    let routes = views::<(LampWear, LampEvents)>();
    assert_eq!(functions(&routes), ["lamp-on-lamp-lit", "lamp-on-lamp-dimmed", "lamp-on-lamp-fed"]);
    for route in &routes {
        assert_eq!(route.role, Role::Project);
        let Binding::Views { views } = &route.binding else { panic!("{:?}", route.binding) };
        let names: Vec<&str> = views.iter().filter_map(|path| path.rsplit("::").next()).collect();
        assert_eq!(names, ["LampWear", "LampEvents"]);
    }

    let (memory, stream) = (Memory::new(1), StreamId::parse("lamp/l-1").unwrap());
    let delivery = Sequence::new(stream).event(&LampLit { until: minute(10) }).deliveries().remove(0);
    handle_unverified(&memory, &routes[0], &delivery);
    for view in [LampWear::NAME, LampEvents::NAME] {
        let key = RowKey { view: view.to_owned(), id: "l-1".to_owned() };
        let row = block_on(memory.views.get(&key)).unwrap().unwrap_or_default();
        assert_eq!(row.version, 1, "{view}");
    }
}

#[test]
fn a_route_is_declared_with_its_rights_and_limits() {
    let plain = route("ward", |_: App, _: Received<LampLit>| async { Ok(Handled::Done) });
    assert_eq!((plain.rights.as_slice(), plain.reserved_concurrency, plain.schedule), (&[][..], None, None));
    let claimed = route("ward", |_: App, _: Claimed<LampLit>| async { Ok(Handled::Done) })
        .with([Right::SendMail])
        .reserved_concurrency(2)
        .scheduled("cron(0 6 * * ? *)");
    assert_eq!(claimed.rights, [Right::UseInbox, Right::SendMail]);
    assert_eq!((claimed.reserved_concurrency, claimed.schedule), (Some(2), Some("cron(0 6 * * ? *)")));
}

#[test]
fn a_wrapper_gets_the_delivery_instead_of_the_route() {
    let memory = Memory::new(1);
    let delivery = Sequence::new(StreamId::parse("lamp/l-1").unwrap());
    let delivery = delivery.event(&LampLit { until: minute(10) }).deliveries().remove(0);
    let inner = route("ward", |_: App, _: Received<LampLit>| async { Ok(Handled::Done) });
    let outcome = |route: &Route| block_on(route.handle(&memory.app(), &delivery)).unwrap();
    let stopped = inner.clone().wrapped(|_, _, _| Box::pin(async { Ok(Handled::Duplicate) }));
    assert_eq!((outcome(&inner), outcome(&stopped)), (Handled::Done, Handled::Duplicate));
    let passed = stopped.wrapped(|inner, app, delivery| Box::pin(async move { inner.handle(&app, &delivery).await }));
    assert_eq!(outcome(&passed), Handled::Duplicate, "a wrapper of a wrapper calls it");
}
