//! Forged messages among true ones: nothing follows from them, and each ends in the dead letters as `FORGED`.

use std::collections::BTreeMap;

use causeway::{
    App, Failure, Handled, Kind, Outcome, Ports, Route, VerificationPolicy,
    delivery::{VerifyEvents, bus::source_of},
    memory::Memory,
    message::envelope::Delivery,
    testing::sim::Plan,
};
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::{Value, json, value::to_raw_value};

use super::simulation::simulate_seed;
use crate::cancellation::in_memory;

/// Our account.
const OURS: &str = "000000000001";
/// How many are forged.
const FORGED: usize = 1000;
/// How many seeds are told with a forger at every door.
const SEEDS: u64 = 32;

/// One way to forge a true message.
type Forgery = fn(&Delivery, usize) -> Delivery;

/// All of them; each makes another one with another number.
const FORGERIES: [(&str, Forgery); 11] = [
    ("another source", |fact, number| Delivery { source: format!("shop.{number}"), ..fact.clone() }),
    ("another context's source", |fact, _| Delivery { source: "causeway.till".to_owned(), ..fact.clone() }),
    ("another account", |fact, number| Delivery { account: Some(format!("{:012}", number + 2)), ..fact.clone() }),
    ("no account", |fact, _| Delivery { account: None, ..fact.clone() }),
    ("never committed", |fact, number| with(fact, "/eventId", id(number))),
    ("other data", |fact, number| with(fact, &format!("/data/{}", about(fact)), json!(format!("forged-{number}")))),
    ("a place to come", |fact, number| with(fact, "/version", json!(1000 + number))),
    ("no version", |fact, _| with(fact, "/version", Value::Null)),
    ("another stream", |fact, number| with(fact, "/aggregateId", json!(format!("forged-{number}")))),
    ("another time", |fact, _| with(fact, "/timestamp", json!("2025-12-31T23:59:59.777Z"))),
    ("in another's name", |fact, number| with(fact, "/metadata/correlationId", json!(format!("forged-{number}")))),
];

/// What the fact is about.
fn about(fact: &Delivery) -> &'static str {
    if fact.detail.get().contains("\"orderId\"") { "orderId" } else { "sku" }
}

/// An id as a commit's event could have it.
fn id(number: usize) -> Value {
    json!(format!("0193b2c4-7d10-7a51-9c11-{:08x}0000", number + 1))
}

/// A timer's word has no place in the log, and another one changes nothing of it.
fn may_be_forged_so(what: &str, fact: &Delivery) -> bool {
    !["a place to come", "no version"].contains(&what) || fact.detail_type != "FulfilmentDeadlinePassed"
}

fn with(fact: &Delivery, path: &str, value: Value) -> Delivery {
    let mut detail: Value = serde_json::from_str(fact.detail.get()).unwrap();
    let (inside, field) = path.rsplit_once('/').unwrap();
    detail.pointer_mut(inside).unwrap()[field] = value;
    Delivery { detail: to_raw_value(&detail).unwrap(), ..fact.clone() }
}

fn trust() -> VerificationPolicy {
    VerificationPolicy { account: Some(OURS.to_owned()), verify_events: VerifyEvents::All }
}

/// Whether the route hears facts.
fn hears_facts(route: &Route) -> bool {
    let entry = domain::catalogue().into_iter().find(|entry| entry.description.name == route.message).unwrap();
    entry.description.kind == Kind::Event
}

/// At every door stands one who says each fact before it is said, in some forged way.
fn forgers(plan: &mut Plan, _: &Memory) {
    plan.verification = trust();
    let routes = std::mem::take(&mut plan.routes).into_iter();
    plan.routes =
        routes.map(|route| if hears_facts(&route) { route.wrapped(forged_first) } else { ours(route) }).collect();
}

/// The bus of a simulation writes no account down.
fn ours(route: Route) -> Route {
    route.wrapped(|inner, app, delivery| {
        async move { inner.handle(&app, &Delivery { account: Some(OURS.to_owned()), ..delivery }).await }.boxed()
    })
}

fn forged_first(inner: Route, app: App, delivery: Delivery) -> BoxFuture<'static, Outcome> {
    async move {
        let fact = Delivery { account: Some(OURS.to_owned()), ..delivery };
        let ways = FORGERIES.iter().enumerate().filter(|(_, (what, _))| may_be_forged_so(what, &fact));
        for (number, (what, forge)) in ways {
            match inner.handle(&app, &forge(&fact, number)).await {
                Ok(Handled::DeadLettered) | Err(Failure::Transient(_)) => {}
                other => panic!("{what}: {} made of it {other:?}", inner.function()),
            }
        }
        inner.handle(&app, &fact).await
    }
    .boxed()
}

#[test]
fn with_a_forger_at_every_door_the_stories_come_to_what_they_come_to_without() {
    for seed in 0..SEEDS {
        let (broken, _) = simulate_seed(seed, forgers, false);
        assert!(broken.is_empty(), "seed {seed}:\n{}", broken.join("\n"));
    }
}

#[test]
fn a_thousand_forged_facts_change_nothing_and_end_as_a_thousand_letters() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut pump, _kept) = in_memory();
        pump.tell("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
        pump.tell("PlaceOrder", &super::shop_commands::place_order("o-1", &[("mug", 2)]));
        pump.tell("PlaceOrder", &super::shop_commands::place_order("o-2", &[("mug", 1), ("rare", 1)]));
        pump.run(None).await;
        let app = App::new(Ports { verification: trust(), ..pump.memory.ports() });
        let facts = true_facts(&pump.published);
        let doors: Vec<(Route, Delivery)> = functions::routes()
            .into_iter()
            .filter(hears_facts)
            .map(|route| (facts.get(route.message).cloned().unwrap_or_else(|| sample(&route)), route))
            .map(|(fact, route)| (route, fact))
            .collect();
        let before = everything(&pump.memory);
        for number in 0..FORGED {
            let (route, fact) = &doors[number % doors.len()];
            let (what, forge) = FORGERIES[(number / doors.len()) % FORGERIES.len()];
            let handled = route.handle(&app, &forge(fact, number)).await.unwrap();
            assert_eq!(handled, Handled::DeadLettered, "{what} at {}", route.function());
        }
        assert_eq!(everything(&pump.memory), before);
        let letters = pump.memory.dead_letters.all();
        assert_eq!(letters.len(), FORGED);
        for letter in letters {
            assert_eq!(letter.reason, "FORGED", "{}", letter.explanation);
            assert!(letter.explanation.starts_with("field "), "{}", letter.explanation);
        }
    });
}

/// One genuine event of each published type.
fn true_facts(said: &[causeway::delivery::bus::Entry]) -> BTreeMap<String, Delivery> {
    let deliveries = said.iter().map(|entry| {
        let fact = Delivery {
            id: "b-1".to_owned(),
            source: entry.source.clone(),
            account: Some(OURS.to_owned()),
            detail_type: entry.envelope.event_type.clone(),
            time: entry.envelope.timestamp,
            detail: to_raw_value(&entry.envelope).unwrap(),
            replay_name: None,
        };
        (entry.envelope.event_type.clone(), fact)
    });
    deliveries.collect()
}

/// The fact of the catalogue, where the stories above say none.
fn sample(route: &Route) -> Delivery {
    let entry = domain::catalogue().into_iter().find(|entry| entry.description.name == route.message).unwrap();
    let detail = json!({
        "eventId": "sample", "eventType": route.message, "eventVersion": entry.description.version,
        "aggregateType": route.owner, "aggregateId": "o-1", "version": 1, "timestamp": "2026-01-01T00:00:00Z",
        "data": entry.sample, "metadata": { "correlationId": "c-1", "causationId": "c-1", "hops": 1 },
    });
    Delivery {
        id: "b-1".to_owned(),
        source: source_of(route.owner),
        account: Some(OURS.to_owned()),
        detail_type: route.message.to_owned(),
        time: jiff::Timestamp::UNIX_EPOCH,
        detail: to_raw_value(&detail).unwrap(),
        replay_name: None,
    }
}

/// All that a memory holds but its letters.
fn everything(memory: &Memory) -> Vec<String> {
    vec![
        format!("{:?}", memory.store.changes(0)),
        format!("{:?}", memory.views.rows()),
        format!("{:?}", memory.inbox),
        format!("{:?}", memory.mailer.sent()),
        format!("{:?}", memory.timers.pending()),
        format!("{:?}", memory.bus.deliveries()),
    ]
}
