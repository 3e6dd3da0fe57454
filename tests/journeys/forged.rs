//! Forged events among genuine ones change nothing, and each is dead-lettered as `FORGED`.

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
use crate::cancellation::{driver::Hook, in_memory};

/// Our account.
const OURS: &str = "000000000001";
/// The number of forged events.
const FORGED: usize = 1000;
/// The number of seeds with forged events at every event handler.
const SEEDS: u64 = 16;

/// One way to forge an event.
type Forgery = fn(&Delivery, usize) -> Delivery;

/// All ways to forge; each number gives another forged event.
const FORGERIES: [(&str, Forgery); 11] = [
    ("another source", |event, number| Delivery { source: format!("shop.{number}"), ..event.clone() }),
    ("another context's source", |event, _| Delivery { source: "causeway.till".to_owned(), ..event.clone() }),
    ("another account", |event, number| Delivery { account: Some(format!("{:012}", number + 2)), ..event.clone() }),
    ("no account", |event, _| Delivery { account: None, ..event.clone() }),
    ("never committed", |event, number| with(event, "/eventId", id(number))),
    ("other data", |event, number| {
        with(event, &format!("/data/{}", id_field(event)), json!(format!("forged-{number}")))
    }),
    ("a later version", |event, number| with(event, "/version", json!(1000 + number))),
    ("no version", |event, _| with(event, "/version", Value::Null)),
    ("another stream", |event, number| with(event, "/aggregateId", json!(format!("forged-{number}")))),
    ("another time", |event, _| with(event, "/timestamp", json!("2025-12-31T23:59:59.777Z"))),
    ("another correlation", |event, number| with(event, "/metadata/correlationId", json!(format!("forged-{number}")))),
];

/// The id field of its data.
fn id_field(event: &Delivery) -> &'static str {
    let fields = ["orderId", "userId", "sku", "transferId", "accountId", "deviceId"];
    fields.into_iter().find(|field| event.detail.get().contains(&format!("\"{field}\""))).unwrap()
}

/// An id as a commit's event could have it.
fn id(number: usize) -> Value {
    json!(format!("0193b2c4-7d10-7a51-9c11-{:08x}0000", number + 1))
}

/// A timer's message has no version in the log, so a forged version changes nothing.
fn can_be_forged(what: &str, event: &Delivery) -> bool {
    !["a later version", "no version"].contains(&what) || event.detail_type != "FulfilmentDeadlinePassed"
}

fn with(event: &Delivery, path: &str, value: Value) -> Delivery {
    let mut detail: Value = serde_json::from_str(event.detail.get()).unwrap();
    let (inside, field) = path.rsplit_once('/').unwrap();
    detail.pointer_mut(inside).unwrap()[field] = value;
    Delivery { detail: to_raw_value(&detail).unwrap(), ..event.clone() }
}

fn verify_all() -> VerificationPolicy {
    VerificationPolicy { account: Some(OURS.to_owned()), verify_events: VerifyEvents::All }
}

/// Whether the route handles events.
fn handles_events(route: &Route) -> bool {
    let entry = domain::catalogue().into_iter().find(|entry| entry.description.name == route.message).unwrap();
    entry.description.kind == Kind::Event
}

/// Every event handler gets each event forged in every way before it gets the event itself.
fn with_forgeries(plan: &mut Plan, _: &Memory) {
    plan.verification = verify_all();
    let routes = std::mem::take(&mut plan.routes).into_iter();
    plan.routes = routes
        .map(|route| if handles_events(&route) { route.wrapped(forged_first) } else { with_account(route) })
        .collect();
}

/// The bus of a simulation sets no account.
fn with_account(route: Route) -> Route {
    route.wrapped(|inner, app, delivery| {
        async move { inner.handle(&app, &Delivery { account: Some(OURS.to_owned()), ..delivery }).await }.boxed()
    })
}

fn forged_first(inner: Route, app: App, delivery: Delivery) -> BoxFuture<'static, Outcome> {
    async move {
        let event = Delivery { account: Some(OURS.to_owned()), ..delivery };
        let ways = FORGERIES.iter().enumerate().filter(|(_, (what, _))| can_be_forged(what, &event));
        for (number, (what, forge)) in ways {
            match inner.handle(&app, &forge(&event, number)).await {
                Ok(Handled::DeadLettered) | Err(Failure::Transient(_)) => {}
                other => panic!("{what}: {} returned {other:?}", inner.function()),
            }
        }
        inner.handle(&app, &event).await
    }
    .boxed()
}

#[test]
fn forged_events_do_not_change_how_the_stories_end() {
    for seed in 0..SEEDS {
        let (broken, _) = simulate_seed(seed, with_forgeries, false);
        assert!(broken.is_empty(), "seed {seed}:\n{}", broken.join("\n"));
    }
}

#[test]
fn a_thousand_forged_events_change_nothing_and_are_dead_lettered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut driver, _kept) = in_memory();
        driver.publish("ReceiveStock", &json!({ "sku": "mug", "quantity": 5 }));
        driver.publish("PlaceOrder", &super::shop_commands::place_order("o-1", &[("mug", 2)]));
        driver.hooks.push(Hook::on("OrderShipped", "ConfirmDelivery", json!({ "orderId": "o-1" })));
        driver.publish("PlaceOrder", &super::shop_commands::place_order("o-2", &[("mug", 1), ("rare", 1)]));
        driver.run(None).await;
        let app = App::new(Ports { verification: verify_all(), ..driver.memory.ports() });
        let events = genuine_events(&driver.published);
        let routes: Vec<(Route, Delivery)> = functions::routes()
            .into_iter()
            .filter(handles_events)
            .map(|route| (events.get(route.message).cloned().unwrap_or_else(|| sample(&route)), route))
            .map(|(event, route)| (route, event))
            .collect();
        let before = everything(&driver.memory);
        for number in 0..FORGED {
            let (route, event) = &routes[number % routes.len()];
            let way = FORGERIES[(number / routes.len()) % FORGERIES.len()];
            let (what, forge) = if can_be_forged(way.0, event) { way } else { FORGERIES[0] };
            let handled = route.handle(&app, &forge(event, number)).await.unwrap();
            assert_eq!(handled, Handled::DeadLettered, "{what} at {}", route.function());
        }
        assert_eq!(everything(&driver.memory), before);
        let dead_letters = driver.memory.dead_letters.all();
        assert_eq!(dead_letters.len(), FORGED);
        for dead_letter in dead_letters {
            assert_eq!(dead_letter.reason, "FORGED", "{}", dead_letter.explanation);
            assert!(dead_letter.explanation.starts_with("field "), "{}", dead_letter.explanation);
        }
    });
}

/// One genuine event of each published type.
fn genuine_events(published: &[causeway::delivery::bus::Entry]) -> BTreeMap<String, Delivery> {
    let deliveries = published.iter().map(|entry| {
        let event = Delivery {
            id: "b-1".to_owned(),
            source: entry.source.clone(),
            account: Some(OURS.to_owned()),
            detail_type: entry.envelope.event_type.clone(),
            time: entry.envelope.timestamp,
            detail: to_raw_value(&entry.envelope).unwrap(),
            replay_name: None,
        };
        (entry.envelope.event_type.clone(), event)
    });
    deliveries.collect()
}

/// The catalogue's sample, for types that the stories do not publish.
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

/// The whole state of a memory but its dead letters and the reports of them.
fn everything(memory: &Memory) -> Vec<String> {
    vec![
        format!("{:?}", memory.store.changes(0)),
        format!("{:?}", memory.views.rows()),
        format!("{:?}", memory.inbox),
        format!("{:?}", memory.mailer.sent()),
        format!("{:?}", memory.timers.pending()),
        format!("{:?}", memory.bus.deliveries().iter().filter(|it| it.source != "causeway.system").collect::<Vec<_>>()),
    ]
}
