//! A thousand facts that somebody makes up and puts on the bus under our own sources: they change nothing.

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
/// More letters than any queue holds at the end.
const MOST: &str = "5000";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_forged_events_on_the_bus_change_nothing_and_end_as_letters() {
    let running = begun().await;
    let app = running.apps.app("order-on-order-confirmed").unwrap();
    let forged = forgeries(app).await;
    let before = tables(&running).await;
    let said = put(&running, &forged).await;
    walk(&running, MINUTE).await;
    let after = tables(&running).await;
    let changed: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(changed.is_empty(), "{changed:#?}");

    // Whoever reads a queue waits a second for more, and on a clock that stands that is for ever.
    running.cloud.services().functions.clock().resume();
    let (_, letters) = call(&running, &["dlq", "ls", "--json", "--most", MOST]).await;
    let letters: Vec<Value> = letters.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in &letters {
        assert_eq!(letter["letter"]["reason"], "FORGED", "{letter}");
        *ended.entry(letter["letter"]["content"]["message"]["id"].as_str().unwrap()).or_default() += 1;
    }
    let hearers = |name: &str| functions::routes().iter().filter(|route| route.message == name).count();
    let wanted: BTreeMap<&str, usize> = said.iter().map(|(id, name)| (id.as_str(), hearers(name))).collect();
    assert_eq!((wanted.len(), &ended), (EVENTS, &wanted), "each is a letter of everyone who heard it");

    let (_, shown) = call(&running, &["dlq", "ls", "--queue", "Notification"]).await;
    let line = shown.lines().find(|line| line.contains("-NotificationDeadLetters-")).unwrap();
    assert!(line.contains("FORGED") && line.contains("field "), "{line}");
    let redrive = ["dlq", "redrive", "--cause", "FORGED", "--queue", "Notification"];
    let (back, shown) = call(&running, &redrive).await;
    assert_eq!(back, CommandStatus::Rejected);
    assert!(shown.contains("it was forged") && shown.contains("\n0 redriven"), "{shown:.500}");

    running.cloud.services().functions.clock().pause();
    // The true timer of the order that waits still rings.
    walk(&running, 16 * MINUTE).await;
    let late = app.row::<OrderDetails>("waiting").await.unwrap().unwrap();
    assert_eq!(late.status, OrderStatus::Cancelled);
    running.cloud.stop().await;
}

/// A cloud that looks every fact up, with an order that is confirmed and one that waits for its deadline.
async fn begun() -> Running {
    let root = repo::root();
    let template = repo::read(&root, repo::TEMPLATE).unwrap();
    let strict = template.replace("    Default: moving\n", "    Default: all\n");
    assert_ne!(strict, template, "the template has no parameter of this default any more");
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
    assert_eq!(app.row::<OrderDetails>("done").await.unwrap().unwrap().status, OrderStatus::Confirmed);
    running
}

/// As many as are wanted: from the samples of all facts that are heard, and from the facts of the log.
async fn forgeries(app: &App) -> Vec<Value> {
    let mut true_ones = Vec::new();
    for stream in ["order/done", "order/waiting", "inventory/mug", "fulfilment/done", "fulfilment/waiting"] {
        for commit in app.store().since(&StreamId::parse(stream).unwrap(), 1).await.unwrap() {
            let facts = (0..commit.events.len()).filter_map(|index| commit.event_envelope(index));
            true_ones.extend(facts.map(|fact| serde_json::to_value(fact).unwrap()));
            let timers = commit.timers.iter().filter_map(|change| match change {
                TimerChange::Set { name, due, message } => Some(Timer::of(&commit, name, *due, message).envelope),
                TimerChange::Cancel { .. } => None,
            });
            // To the letter as the timer will say it, only earlier.
            true_ones.extend(timers.map(|timer| serde_json::to_value(timer).unwrap()));
        }
    }
    assert!(true_ones.len() >= 10, "{} facts stand in the log", true_ones.len());
    let samples = samples();
    let mut forged = Vec::new();
    let is_timer = |fact: &Value| fact["eventType"] == "FulfilmentDeadlinePassed";
    forged.extend(true_ones.iter().filter(|fact| is_timer(fact)).cloned());
    for number in 0.. {
        let fact = &true_ones[number % true_ones.len()];
        let about = if fact["data"]["orderId"].is_null() { "sku" } else { "orderId" };
        forged.push(changed(fact, "/data", about, json!("done-2")));
        forged.push(changed(fact, "", "eventId", id(number)));
        if !is_timer(fact) {
            forged.push(changed(fact, "", "version", json!(1000 + number)));
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

/// The samples of all facts that somebody hears.
fn samples() -> Vec<Value> {
    let heard: BTreeSet<&str> = functions::routes().iter().map(|route| route.message).collect();
    let facts = domain::catalogue().into_iter().map(|entry| entry.description);
    let facts = facts.filter(|fact| fact.kind == Kind::Event && heard.contains(fact.name));
    let samples = facts.map(|fact| {
        let path = catalogue::sample_path(fact.context, fact.name, fact.version);
        let entries: Value = serde_json::from_str(&repo::read(&repo::root(), &path).unwrap()).unwrap();
        serde_json::from_str(entries[0]["Detail"].as_str().unwrap()).unwrap()
    });
    samples.collect()
}

/// An id as a commit's event could have it.
fn id(number: usize) -> Value {
    json!(format!("0193b2c4-7d10-7a51-9c11-{:08x}0000", number + 1))
}

fn changed(fact: &Value, inside: &str, field: &str, value: Value) -> Value {
    let mut fact = fact.clone();
    fact.pointer_mut(inside).unwrap()[field] = value;
    fact
}

/// Puts them on the bus, each under the source of its context; the bus's ids of them, and their names.
async fn put(running: &Running, forged: &[Value]) -> Vec<(String, String)> {
    let bus = aws_sdk_eventbridge::Client::new(running.apps.sdk());
    let mut said = Vec::new();
    for ten in forged.chunks(10) {
        let name = |fact: &Value| fact["eventType"].as_str().unwrap().to_owned();
        let entries = ten.iter().map(|fact| {
            PutEventsRequestEntry::builder()
                .event_bus_name("causeway")
                .source(source_of(fact["aggregateType"].as_str().unwrap()))
                .detail_type(name(fact))
                .detail(fact.to_string())
                .build()
        });
        let answer = bus.put_events().set_entries(Some(entries.collect())).send().await.unwrap();
        let ids = answer.entries().iter().map(|entry| entry.event_id().unwrap().to_owned());
        said.extend(ids.zip(ten.iter().map(name)));
    }
    said
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

/// A value as text, in which maps have an order.
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

/// Calls a command there.
async fn call(running: &Running, words: &[&str]) -> (CommandStatus, String) {
    let endpoint = running.cloud.endpoint();
    let wanted = Causeway::try_parse_from([&["causeway", "--endpoint", &endpoint], words].concat()).unwrap();
    let mut out = Vec::new();
    let ended = wanted.command.run(&wanted.global, &mut out).await.unwrap();
    (ended, String::from_utf8(out).unwrap())
}
