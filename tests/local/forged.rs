//! A thousand forged events, put on the bus under our own sources, change nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use causeway::{App, Kind, StreamId, delivery::bus::source_of, log::commit::TimerChange, time::timers::Timer};
use causeway_cli::{command_status::CommandStatus, up::Running};
use causeway_shop_cli::command::Causeway;
use clap::Parser as _;
use domain::order::{OrderDetails, OrderStatus};
use jiff::SignedDuration;
use serde_json::{Value, json};
use xtask::{catalogue, repo};

use super::{ask, say, standing_on, two_mugs, walk};

const EVENTS: usize = 1000;
/// More dead dead_letters than any queue holds at the end.
const MOST: &str = "5000";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_forged_events_on_the_bus_change_nothing_and_are_dead_lettered() {
    let running = cloud_with_two_orders().await;
    let app = running.apps.app("order-on-order-confirmed").unwrap();
    disable_schedules(&running).await;
    let forged = forgeries(app).await;
    let before = tables(&running).await;
    let published = put(&running, &forged).await;
    walk(&running, MINUTE).await;
    let after = tables(&running).await;
    let changed: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(changed.is_empty(), "{changed:#?}");

    // A receive waits a second for more messages, which never ends on a paused clock.
    running.cloud.services().functions.clock().resume();
    let (_, dead_letters) = call(&running, &["dlq", "ls", "--json", "--most", MOST]).await;
    let dead_letters: Vec<Value> = dead_letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for dead_letter in &dead_letters {
        assert_eq!(dead_letter["letter"]["reason"], "FORGED", "{dead_letter}");
        *ended.entry(dead_letter["letter"]["content"]["message"]["id"].as_str().unwrap()).or_default() += 1;
    }
    let handlers = |name: &str| functions::routes().iter().filter(|route| route.message == name).count();
    let expected: BTreeMap<&str, usize> = published.iter().map(|(id, name)| (id.as_str(), handlers(name))).collect();
    assert_eq!((expected.len(), &ended), (EVENTS, &expected), "each function that handles the type dead-letters it");

    let (_, shown) = call(&running, &["dlq", "ls", "--queue", "Notification"]).await;
    let line = shown.lines().find(|line| line.contains("-NotificationDeadLetters-")).unwrap();
    assert!(line.contains("FORGED") && line.contains("field "), "{line}");
    let redrive = ["dlq", "redrive", "--cause", "FORGED", "--queue", "Notification"];
    let (back, shown) = call(&running, &redrive).await;
    assert_eq!(back, CommandStatus::Rejected);
    assert!(shown.contains("it was forged") && shown.contains("\n0 redriven"), "{shown:.500}");

    running.cloud.services().functions.clock().pause();
    // The genuine timer of the waiting order still fires.
    walk(&running, 16 * MINUTE).await;
    let late = app.row::<OrderDetails>("waiting").await.unwrap().unwrap();
    assert_eq!(late.status, OrderStatus::Cancelled);
    running.cloud.stop().await;
}

/// No schedule fires any more, so that nothing but the forged events can change a table.
async fn disable_schedules(running: &Running) {
    let rules = ask(running, "ListRules", json!({})).await;
    let rules: Vec<&Value> = rules["Rules"].as_array().unwrap().iter().collect();
    let scheduled: Vec<_> = rules.into_iter().filter(|rule| rule.get("ScheduleExpression").is_some()).collect();
    assert_eq!(scheduled.len(), functions::routes().iter().filter(|route| route.schedule.is_some()).count());
    for rule in scheduled {
        ask(running, "DisableRule", json!({ "Name": rule["Name"] })).await;
    }
}

/// A cloud that verifies every event, with a confirmed order and one that waits for its deadline.
async fn cloud_with_two_orders() -> Running {
    let root = repo::root();
    let template = repo::read(&root, repo::TEMPLATE).unwrap();
    let strict = template.replace("    Default: moving\n", "    Default: all\n");
    assert_ne!(strict, template, "the template has no parameter with this default");
    let folder = tempfile::tempdir().unwrap();
    repo::write(folder.path(), repo::TEMPLATE, &strict).unwrap();
    for stack in repo::files(&root, "infra/stacks").unwrap() {
        repo::write(folder.path(), &stack, &repo::read(&root, &stack).unwrap()).unwrap();
    }
    let running = standing_on(&folder.path().join(repo::TEMPLATE), &[]).await.unwrap();
    say(&running, "ReceiveStock", json!({ "sku": "mug", "quantity": 10 })).await;
    walk(&running, MINUTE).await;
    say(&running, "PlaceOrder", two_mugs("done")).await;
    walk(&running, MINUTE).await;
    let functions = running.cloud.services().functions.all();
    let reserving = functions.iter().find(|one| one.binary.as_deref() == Some("inventory-on-reserve-stock")).unwrap();
    let rules = json!({ "EventBusName": "causeway", "TargetArn": reserving.arn });
    let rules = ask(&running, "ListRuleNamesByTarget", rules).await;
    ask(&running, "DisableRule", json!({ "EventBusName": "causeway", "Name": rules["RuleNames"][0] })).await;
    say(&running, "PlaceOrder", two_mugs("waiting")).await;
    walk(&running, MINUTE).await;
    let app = running.apps.app("order-on-order-confirmed").unwrap();
    assert_eq!(app.row::<OrderDetails>("done").await.unwrap().unwrap().status, OrderStatus::Shipped);
    running
}

/// Forged events: made from the events and timers of the log, and from the samples of all handled types.
async fn forgeries(app: &App) -> Vec<Value> {
    let mut genuine = Vec::new();
    for stream in ["order/done", "order/waiting", "inventory/mug", "fulfilment/done", "fulfilment/waiting"] {
        for commit in app.store().since(&StreamId::parse(stream).unwrap(), 1).await.unwrap() {
            let events = (0..commit.events.len()).filter_map(|index| commit.event_envelope(index));
            genuine.extend(events.map(|event| serde_json::to_value(event).unwrap()));
            let timers = commit.timers.iter().filter_map(|change| match change {
                TimerChange::Set { name, due, message } => Some(Timer::of(&commit, name, *due, message).envelope),
                TimerChange::Cancel { .. } => None,
            });
            // The very message of the timer, but early.
            genuine.extend(timers.map(|timer| serde_json::to_value(timer).unwrap()));
        }
    }
    assert!(genuine.len() >= 10, "{} events are in the log", genuine.len());
    let samples = samples();
    let mut forged = Vec::new();
    let is_timer = |event: &Value| event["eventType"] == "FulfilmentDeadlinePassed";
    forged.extend(genuine.iter().filter(|event| is_timer(event)).cloned());
    for number in 0.. {
        let event = &genuine[number % genuine.len()];
        let id_field = if event["data"]["orderId"].is_null() { "sku" } else { "orderId" };
        forged.push(changed(event, "/data", id_field, json!("done-2")));
        forged.push(changed(event, "", "eventId", id(number)));
        if !is_timer(event) {
            forged.push(changed(event, "", "version", json!(1000 + number)));
        }
        let sample = &samples[number % samples.len()];
        forged.push(changed(sample, "", "eventId", id(number)));
        forged.push(changed(sample, "", "aggregateId", json!(format!("never-{number}"))));
        if forged.len() >= EVENTS {
            break;
        }
    }
    forged.truncate(EVENTS);
    forged
}

/// The samples of all event types that have a handler.
fn samples() -> Vec<Value> {
    let handled: BTreeSet<&str> = functions::routes().iter().map(|route| route.message).collect();
    let events = domain::catalogue().into_iter().map(|entry| entry.description);
    let events = events.filter(|event| event.kind == Kind::Event && handled.contains(event.name));
    let samples = events.map(|event| {
        let path = catalogue::sample_path(event.context, event.name, event.version);
        let entries: Value = serde_json::from_str(&repo::read(&repo::root(), &path).unwrap()).unwrap();
        serde_json::from_str(entries[0]["Detail"].as_str().unwrap()).unwrap()
    });
    samples.collect()
}

/// An id as a commit's event could have it.
fn id(number: usize) -> Value {
    json!(format!("0193b2c4-7d10-7a51-9c11-{:08x}0000", number + 1))
}

fn changed(event: &Value, inside: &str, field: &str, value: Value) -> Value {
    let mut event = event.clone();
    event.pointer_mut(inside).unwrap()[field] = value;
    event
}

/// Puts them on the bus, each under the source of its context. Returns the bus's ids and the types.
async fn put(running: &Running, forged: &[Value]) -> Vec<(String, String)> {
    let bus = aws_sdk_eventbridge::Client::new(running.apps.sdk());
    let mut published = Vec::new();
    for ten in forged.chunks(10) {
        let name = |event: &Value| event["eventType"].as_str().unwrap().to_owned();
        let entries = ten.iter().map(|event| {
            PutEventsRequestEntry::builder()
                .event_bus_name("causeway")
                .source(source_of(event["aggregateType"].as_str().unwrap()))
                .detail_type(name(event))
                .detail(event.to_string())
                .build()
        });
        let response = bus.put_events().set_entries(Some(entries.collect())).send().await.unwrap();
        let ids = response.entries().iter().map(|entry| entry.event_id().unwrap().to_owned());
        published.extend(ids.zip(ten.iter().map(name)));
    }
    published
}

/// Every item of every table.
async fn tables(running: &Running) -> BTreeSet<String> {
    let client = aws_sdk_dynamodb::Client::new(running.apps.sdk());
    let mut items = BTreeSet::new();
    for table in ["events", "views", "inbox"] {
        let pages = client.scan().table_name(format!("causeway-{table}")).into_paginator().items().send();
        let found: Vec<_> = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        assert!(!found.is_empty(), "{table} holds nothing");
        items.extend(found.into_iter().map(|item| format!("{table} {}", text(&AttributeValue::M(item)))));
    }
    items
}

/// A value as text, with maps in the order of their keys.
fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(fields) => {
            let sorted: BTreeMap<&String, String> = fields.iter().map(|(name, value)| (name, text(value))).collect();
            format!("{sorted:?}")
        }
        AttributeValue::L(items) => format!("{:?}", items.iter().map(text).collect::<Vec<_>>()),
        plain => format!("{plain:?}"),
    }
}

/// Runs a command against this cloud.
async fn call(running: &Running, words: &[&str]) -> (CommandStatus, String) {
    let endpoint = running.cloud.endpoint();
    let expected = Causeway::try_parse_from([&["causeway", "--endpoint", &endpoint], words].concat()).unwrap();
    let mut out = Vec::new();
    let ended = expected.command.run(&expected.global, &mut out).await.unwrap();
    (ended, String::from_utf8(out).unwrap())
}
